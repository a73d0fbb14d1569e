-- The first slot from `millis` on for which the scheduler has no job yet; nil when 32 in a row have one.
local function free_slot(iteration_key, millis, every)
  for _ = 1, 33 do
    if call('EXISTS', iteration_key .. millis) == 0 then
      return millis
    end
    millis = millis + every
  end
  return nil
end
