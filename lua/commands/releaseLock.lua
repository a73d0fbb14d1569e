-- Gives up the lock of a job.
--
-- KEYS (1)   1 lock
-- ARGV       1 token, 2 (unused)
-- Returns    1; 0 the lock is gone or another worker's
local call = redis.call

if call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return call('DEL', KEYS[1])
