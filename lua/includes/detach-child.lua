--- include queue-closed

-- DETACH-CHILD: the parent waits for this child no longer. A parent that thereby waits for none goes
-- to the front of `wait`, whatever its own priority and delay. Returns false when it did not wait for
-- this child.
local function detach_child(child_key, parent_key, queue, id)
  local dependencies = parent_key .. ':dependencies'
  if call('SREM', dependencies, child_key) == 0 then
    return false
  end
  if call('EXISTS', dependencies) == 1 or call('ZREM', queue .. ':waiting-children', id) == 0 then
    return true
  end
  local settings = call('HMGET', queue .. ':meta', 'paused', 'concurrency')
  local wait, paused = queue .. ':wait', settings[1]
  --- include waiting-list
  call('RPUSH', list, id)
  if not queue_closed(paused, settings[2], queue .. ':active') then
    call('ZADD', queue .. ':marker', '0', '0')
  end
  call('XADD', queue .. ':events', '*', 'event', 'waiting', 'jobId', id, 'prev', 'waiting-children')
  return true
end
