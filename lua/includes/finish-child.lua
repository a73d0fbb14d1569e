--- include release-childless-parent

-- CHILD-DONE: a completed child that its parent still waits for leaves its result with the parent.
local function complete_child(queue, parent_key, parent_id, child_key, result, timestamp)
  if call('SREM', parent_key .. ':dependencies', child_key) == 1 then
    call('HSET', parent_key .. ':processed', child_key, result)
    release_childless_parent(queue, parent_key, parent_id, timestamp)
  end
end

-- CHILD-FAILED: what a failed child means to its parent is said by the flags in the child's `parent`
-- field; without a flag the parent goes on waiting.
local function fail_child(parent, child_key, reason, timestamp)
  local queue, id = parent.queueKey, parent.id
  local parent_key = queue .. ':' .. id
  if not (parent.fpof or parent.cpof or parent.idof or parent.rdof)
    or call('SREM', parent_key .. ':dependencies', child_key) == 0 then
    return
  end

  if parent.fpof then
    call('ZADD', parent_key .. ':unsuccessful', timestamp, child_key)
    if call('EXISTS', parent_key) == 0 then
      return
    end
    local moved = call('ZREM', queue .. ':waiting-children', id) == 1
    if not moved and call('ZREM', queue .. ':delayed', id) == 1 then
      call('HSET', parent_key, 'delay', '0')
      moved = true
    end
    if moved or not call('ZSCORE', queue .. ':failed', id) then
      call('HSET', parent_key, 'defa', 'child ' .. child_key .. ' failed')
    end
    if moved then
      release_parent(queue, parent_key, id, timestamp)
    end
  elseif parent.cpof then
    call('HSET', parent_key .. ':failed', child_key, reason)
    release_waiting_parent(queue, parent_key, id, timestamp)
  else
    release_childless_parent(queue, parent_key, id, timestamp)
    if parent.idof then
      call('HSET', parent_key .. ':failed', child_key, reason)
    end
  end
end
