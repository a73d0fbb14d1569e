-- Puts finished or delayed jobs back to wait, whatever their priority, the oldest to be taken first.
--
-- KEYS (8)   1 prefix, 2 events, 3 failed, completed or delayed, 4 wait, 5 paused (unused), 6 meta,
--            7 active, 8 marker
-- ARGV       1 number of jobs to move in this call, 2 highest score, 3 the state that KEYS[3] is
-- Returns    1 call again, 0 done
-- Events     waiting, of each
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local prefix, events, source, wait, meta, active = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6], KEYS[7]
local state = ARGV[3]
local results = { failed = 'failedReason', completed = 'returnvalue' }
--- include reattach-child

local ids = call('ZRANGEBYSCORE', source, '0', ARGV[2], 'LIMIT', '0', ARGV[1])
if #ids == 0 then
  return 0
end
local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
local max_len, paused, concurrency = settings[1], settings[2], settings[3]
--- include max-events
--- include waiting-list
for i = 1, #ids do
  if results[state] then
    local job_key = prefix .. ids[i]
    call('HDEL', job_key, 'finishedOn', 'processedOn', results[state])
    reattach_child(job_key, call('HGET', job_key, 'parentKey'), state)
  end
  call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'waiting', 'jobId', ids[i], 'prev', state)
end
for from = 1, #ids, 7000 do
  local to = math.min(from + 6999, #ids)
  call('ZREM', source, unpack(ids, from, to))
  call('LPUSH', list, unpack(ids, from, to))
end
--- include gate
if not closed then
  call('ZADD', KEYS[8], '0', '0')
end
return #ids == tonumber(ARGV[1]) and 1 or 0
