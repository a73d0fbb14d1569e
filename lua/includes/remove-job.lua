--- include parent-address
--- include delete-job
--- include queue-closed

-- Hard removal of a job: its keys and its claim on a deduplication id go, and its parent waits for it
-- no longer. A parent in the same queue that waits for nothing else goes with it, one in another
-- queue is put to work; neither emits an event. The caller takes the id out of its list or set.
local function remove_job(prefix, id)
  local job_key = prefix .. id
  local job = call('HMGET', job_key, 'parentKey', 'parent', 'deid')
  local parent_key, dedup_id = job[1], job[3]

  local function detach()
    local dependencies = parent_key .. ':dependencies'
    if call('SREM', dependencies, job_key) == 0 or call('EXISTS', dependencies) == 1 then
      return
    end
    local queue, parent_id = parent_address(parent_key, job[2])
    if call('ZREM', queue .. ':waiting-children', parent_id) == 0 then
      return
    end
    if queue .. ':' == prefix then
      return remove_job(prefix, parent_id)
    end
    call('RPUSH', queue .. ':wait', parent_id)
    local settings = call('HMGET', queue .. ':meta', 'paused', 'concurrency')
    if not queue_closed(settings[1], settings[2], queue .. ':active') then
      call('ZADD', queue .. ':marker', '0', '0')
    end
  end

  if parent_key and parent_key ~= '' and call('EXISTS', parent_key) == 1 then
    detach()
  end
  if dedup_id and call('GET', prefix .. 'de:' .. dedup_id) == id then
    call('DEL', prefix .. 'de:' .. dedup_id, prefix .. 'dn:' .. dedup_id)
  end
  delete_job(job_key)
end
