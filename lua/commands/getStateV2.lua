-- The state of a job.
--
-- KEYS (8)   1 completed, 2 failed, 3 delayed, 4 active, 5 wait, 6 paused, 7 waiting-children,
--            8 prioritized
-- ARGV       1 job id
-- Returns    completed, failed, delayed, prioritized, active, waiting, waiting-children or unknown
local call = redis.call
--- include state-of-job

return state_of_job(ARGV[1], function(key)
  return call('LPOS', key, ARGV[1])
end)
