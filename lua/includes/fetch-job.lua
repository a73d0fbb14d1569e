-- Block. FETCH and ACTIVATE: promotes what is due and takes the next job for a worker.
-- Uses: now, what worker-options defines, prefix, the keys wait, active, prioritized, delayed, events,
-- limiter, pc, marker, meta; paused, concurrency and max as read from meta; window (nil, or read from there);
-- no_delays (true: `delayed` is known to be empty).
-- Defines: reply ({fields, id, 0, 0}, {0, 0, ttl, 0}, {0, 0, 0, due}, or all 0 when the queue is closed);
-- nil when nothing waits and nothing is delayed.
local reply
--- include gate
--- include promote-what-is-due
local ttl = 0
if worker_limit then
  max, window = max or worker_limit.max, worker_limit.duration or window
end
if max then
  window = window or call('HGET', meta, 'duration')
  --- include rate-limit-ttl
  ttl = rate_limit_ttl(max, limiter)
end
if ttl > 0 then
  reply = { 0, 0, ttl, 0 }
elseif closed then
  reply = { 0, 0, 0, 0 }
else
  local next_id = call('RPOPLPUSH', wait, active)
  -- Queues of BullMQ 4 and older kept markers, whose ids begin with `0:`, in their lists.
  while next_id and next_id:byte() == 48 and next_id:sub(1, 2) == '0:' do
    call('LREM', active, '1', next_id)
    next_id = call('RPOPLPUSH', wait, active)
  end
  if not next_id then
    next_id = call('ZPOPMIN', prioritized)[1]
    if next_id then
      call('LPUSH', active, next_id)
    else
      call('DEL', pc)
      local earliest = delays and call('ZRANGE', delayed, '0', '0', 'WITHSCORES')[2]
      reply = earliest and { 0, 0, 0, earliest / 4096 }
    end
  end
  if next_id then
    --- include activate-job
    -- Wake one more worker, for the next job or to learn when the next one is due. Among busy workers nobody
    -- has taken the last marker yet.
    if not call('ZSCORE', marker, '0') and (delays or call('EXISTS', wait, prioritized) > 0) then
      call('ZADD', marker, '0', '0')
    end
  end
end
