-- Renews the lock of a job.
--
-- KEYS (2)   1 lock, 2 stalled
-- ARGV       1 token, 2 duration ms, 3 job id
-- Returns    1; 0 the lock is gone or another worker's
local call = redis.call

if tonumber(ARGV[2]) <= 0 then
  return redis.error_reply('ERR invalid expire time of a lock: ' .. ARGV[2])
end
if call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
call('PEXPIRE', KEYS[1], ARGV[2])
call('SREM', KEYS[2], ARGV[3])
return 1
