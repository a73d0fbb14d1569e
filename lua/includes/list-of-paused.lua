-- Where jobs of a paused queue wait. BullMQ 5 keeps them in `paused`, and overwrites `wait` when it resumes;
-- whether it takes part shows in that list, or in the version that the queue was last opened with.
local function list_of_paused(wait)
  local queue = wait:sub(1, -5)
  local list = queue .. 'paused'
  if call('EXISTS', list) == 1 then
    return list
  end
  if call('EXISTS', wait) == 0 then
    local version = call('HGET', queue .. 'meta', 'version')
    if version and version:sub(1, 8) == 'bullmq:5' then
      return list
    end
  end
  return wait
end
