-- Calls a step of a command for many jobs. What goes wrong with one job becomes its own error reply: the
-- others have their effects all the same.
local function guarded(step, ...)
  local done, result = pcall(step, ...)
  if done then
    return result
  end
  return { err = type(result) == 'table' and result.err or result }
end
