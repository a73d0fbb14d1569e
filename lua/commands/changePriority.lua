-- Changes the priority of a job. One that waits moves to where it now belongs.
--
-- KEYS (7)   1 wait, 2 paused, 3 meta, 4 prioritized, 5 active, 6 pc, 7 marker
-- ARGV       1 priority, 2 prefix, 3 job id, 4 `1` = in front of its equals
-- Returns    0; -1 job missing
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local wait, prioritized, active, marker = KEYS[1], KEYS[4], KEYS[5], KEYS[7]
local priority, id, lifo = tonumber(ARGV[1]), ARGV[3], ARGV[4] == '1'
local job_key = ARGV[2] .. id

if call('EXISTS', job_key) == 0 then
  return -1
end
local settings = call('HMGET', KEYS[3], 'paused', 'concurrency')
local paused, concurrency = settings[1], settings[2]
if call('ZREM', prioritized, id) == 1 or call('LREM', wait, '-1', id) == 1
  or paused and call('LREM', KEYS[2], '-1', id) == 1 then
  if priority ~= 0 and lifo then
    -- As if the counter were 0. Whoever made the job wait has set the marker.
    call('ZADD', prioritized, priority * 4294967296, id)
  else
    if priority ~= 0 then
      --- include enqueue-prioritized
      enqueue_prioritized(prioritized, KEYS[6], id, priority)
    else
      --- include waiting-list
      call(lifo and 'RPUSH' or 'LPUSH', list, id)
    end
    --- include gate
    if not closed then
      call('ZADD', marker, '0', '0')
    end
  end
end
call('HSET', job_key, 'priority', ARGV[1])
return 0
