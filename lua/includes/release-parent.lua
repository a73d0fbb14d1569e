--- include queue-closed
--- include enqueue-prioritized

-- RELEASE-PARENT: enqueues a parent that waits for no child any more. `queue` is the parent's
-- queue as `<prefix>:<queue>`.
local function release_parent(queue, parent_key, id, timestamp)
  local stored = call('HMGET', parent_key, 'priority', 'delay')
  local priority, delay = tonumber(stored[1]) or 0, tonumber(stored[2]) or 0
  local events_key, marker = queue .. ':events', queue .. ':marker'
  if delay > 0 then
    local delayed, due = queue .. ':delayed', timestamp + delay
    call('ZADD', delayed, due * 4096, id)
    call('XADD', events_key, '*', 'event', 'delayed', 'jobId', id, 'delay', due)
    --- include mark-delay
    return
  end
  local settings = call('HMGET', queue .. ':meta', 'paused', 'concurrency')
  local wait, paused = queue .. ':wait', settings[1]
  if priority == 0 then
    --- include waiting-list
    call('RPUSH', list, id)
  else
    enqueue_prioritized(queue .. ':prioritized', queue .. ':pc', id, priority)
  end
  if not queue_closed(paused, settings[2], queue .. ':active') then
    call('ZADD', marker, '0', '0')
  end
  call('XADD', events_key, '*', 'event', 'waiting', 'jobId', id, 'prev', 'waiting-children')
end
