-- Stores why a job failed.
--
-- KEYS (1)   1 job key
-- ARGV       1 stack traces, JSON, 2 reason
-- Returns    0; -1 job missing
local call = redis.call

if call('EXISTS', KEYS[1]) == 0 then
  return -1
end
call('HSET', KEYS[1], 'stacktrace', ARGV[1], 'failedReason', ARGV[2])
return 0
