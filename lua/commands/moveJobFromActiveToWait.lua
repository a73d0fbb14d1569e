-- Gives an active job back to the queue, to be taken before those that wait.
--
-- KEYS (9)   1 active, 2 wait, 3 stalled, 4 paused (unused), 5 meta, 6 limiter, 7 prioritized,
--            8 marker, 9 events
-- ARGV       1 job id, 2 token, 3 job key
-- Returns    ms for which the rate limit holds, or 0; -1 job missing, -2 no lock,
--            -6 lock of another worker
-- Events     waiting
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local active, wait, stalled, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[5]
local id, token, job_key = ARGV[1], ARGV[2], ARGV[3]

local job = call('HMGET', job_key, 'name', 'priority')
if not job[1] and call('EXISTS', job_key) == 0 then
  return -1
end
--- include unlock-job
if call('LREM', active, '1', id) > 0 then
  local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
  local max_len, paused, concurrency = settings[1], settings[2], settings[3]
  local priority = tonumber(job[2]) or 0
  if priority > 0 then
    -- In front of all of its priority: as if the counter were 0.
    call('ZADD', KEYS[7], priority * 4294967296, id)
  else
    --- include gate
    --- include waiting-list
    call('RPUSH', list, id)
    if not closed then
      call('ZADD', KEYS[8], '0', '0')
    end
  end
  --- include max-events
  call('XADD', KEYS[9], 'MAXLEN', '~', max_len, '*', 'event', 'waiting', 'jobId', id,
    'prev', 'active')
end
return math.max(call('PTTL', KEYS[6]), 0)
