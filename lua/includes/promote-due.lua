--- include enqueue-prioritized

-- PROMOTE-DUE: moves the delayed jobs that are due at `now` (at most 1000) to where they wait.
-- Uses the command's locals: delayed, wait, prioritized, pc, events, marker, prefix; paused, read from meta.
local function promote_due(now, closed)
  local ids = call('ZRANGEBYSCORE', delayed, '0', (now + 1) * 4096 - 1, 'LIMIT', '0', '1000')
  if #ids == 0 then
    return
  end
  call('ZREM', delayed, unpack(ids))
  --- include waiting-list
  for i = 1, #ids do
    local id = ids[i]
    local job_key = prefix .. id
    local priority = tonumber(call('HGET', job_key, 'priority')) or 0
    if priority == 0 then
      call('LPUSH', list, id)
    else
      enqueue_prioritized(prioritized, pc, id, priority)
    end
    call('XADD', events, '*', 'event', 'waiting', 'jobId', id, 'prev', 'delayed')
    call('HSET', job_key, 'delay', '0')
  end
  if not closed then
    call('ZADD', marker, '0', '0')
  end
end
