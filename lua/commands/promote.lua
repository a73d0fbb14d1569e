-- Makes a delayed job wait no longer.
--
-- KEYS (9)   1 delayed, 2 wait, 3 paused (unused), 4 meta, 5 prioritized, 6 active, 7 pc, 8 events,
--            9 marker
-- ARGV       1 prefix, 2 job id
-- Returns    0; -3 not delayed
-- Events     waiting
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local wait, active, id, job_key = KEYS[2], KEYS[6], ARGV[2], ARGV[1] .. ARGV[2]
--- include enqueue-prioritized

if call('ZREM', KEYS[1], id) == 0 then
  return -3
end
local settings = call('HMGET', KEYS[4], 'paused', 'concurrency')
local paused, concurrency = settings[1], settings[2]
local priority = tonumber(call('HGET', job_key, 'priority')) or 0
if priority == 0 then
  --- include waiting-list
  call('LPUSH', list, id)
else
  enqueue_prioritized(KEYS[5], KEYS[7], id, priority)
end
--- include gate
if not closed then
  call('ZADD', KEYS[9], '0', '0')
end
call('XADD', KEYS[8], '*', 'event', 'waiting', 'jobId', id, 'prev', 'delayed')
call('HSET', job_key, 'delay', '0')
return 0
