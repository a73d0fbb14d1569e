-- Reads a job scheduler.
--
-- KEYS (1)   1 repeat
-- ARGV       1 scheduler id
-- Returns    {fields, ms of its newest iteration}; {} there is none
local call = redis.call

local millis = call('ZSCORE', KEYS[1], ARGV[1])
if not millis then
  return {}
end
return { call('HGETALL', KEYS[1] .. ':' .. ARGV[1]), millis }
