-- Puts a finished job back to be processed again.
--
-- KEYS (9)   1 job key, 2 events, 3 completed or failed, 4 wait, 5 meta, 6 active, 7 marker,
--            8 prioritized, 9 pc
-- ARGV       1 job id, 2 `LPUSH` or `RPUSH` (lifo), 3 `failedReason` or `returnvalue`,
--            4 `failed` or `completed`, 5 `1` = attempts made start at 0 again,
--            6 `1` = attempts started start at 0 again
-- Returns    1; -1 job missing, -3 not in that state
-- Events     waiting
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local job_key, meta, active, id, state = KEYS[1], KEYS[5], KEYS[6], ARGV[1], ARGV[4]
--- include enqueue-prioritized
--- include reattach-child

local job = call('HMGET', job_key, 'name', 'priority', 'parentKey')
if not job[1] and call('EXISTS', job_key) == 0 then
  return -1
end
if call('ZREM', KEYS[3], id) == 0 then
  return -3
end
local outdated = { 'finishedOn', 'processedOn', ARGV[3] }
if ARGV[5] == '1' then
  outdated[#outdated + 1] = 'atm'
end
if ARGV[6] == '1' then
  outdated[#outdated + 1] = 'ats'
end
call('HDEL', job_key, unpack(outdated))

local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
local max_len, paused, concurrency = settings[1], settings[2], settings[3]
local priority = tonumber(job[2]) or 0
if priority == 0 then
  local wait = KEYS[4]
  --- include waiting-list
  call(ARGV[2], list, id)
else
  enqueue_prioritized(KEYS[8], KEYS[9], id, priority)
end
--- include gate
if not closed then
  call('ZADD', KEYS[7], '0', '0')
end
reattach_child(job_key, job[3], state)
--- include max-events
call('XADD', KEYS[2], 'MAXLEN', '~', max_len, '*', 'event', 'waiting', 'jobId', id, 'prev', state)
return 1
