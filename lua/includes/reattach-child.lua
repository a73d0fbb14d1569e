-- REATTACH-CHILD: a finished child that runs again is pending for its parent again. The parent stays
-- where it is.
local function reattach_child(job_key, parent_key, state)
  if not parent_key or call('EXISTS', parent_key) == 0 then
    return
  end
  local taken_back
  if state == 'failed' then
    taken_back = call('ZREM', parent_key .. ':unsuccessful', job_key) == 1
      or call('HDEL', parent_key .. ':failed', job_key) == 1
  else
    taken_back = call('HDEL', parent_key .. ':processed', job_key) == 1
  end
  if taken_back then
    call('SADD', parent_key .. ':dependencies', job_key)
  end
end
