-- Replaces the data of a job.
--
-- KEYS (1)   1 job key
-- ARGV       1 data, JSON
-- Returns    0; -1 job missing
local call = redis.call

if call('EXISTS', KEYS[1]) == 0 then
  return -1
end
call('HSET', KEYS[1], 'data', ARGV[1])
return 0
