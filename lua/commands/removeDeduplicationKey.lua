-- Gives a deduplication id back, if it is the job's.
--
-- KEYS (1)   1 deduplication key
-- ARGV       1 job id
-- Returns    1; 0 the id is free or another job's
local call = redis.call

if call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return call('DEL', KEYS[1])
