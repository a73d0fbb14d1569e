-- The state of a job, for Redis before 6.0.6, which cannot search a list.
--
-- KEYS (8)   as getStateV2
-- ARGV       1 job id
-- Returns    as getStateV2
local call = redis.call
--- include state-of-job

return state_of_job(ARGV[1], function(key)
  local ids = call('LRANGE', key, '0', '-1')
  for i = 1, #ids do
    if ids[i] == ARGV[1] then
      return true
    end
  end
  return false
end)
