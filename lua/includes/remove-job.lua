--- include parent-address
--- include delete-job
--- include queue-closed

local remove_job

-- Lets the parent wait for a removed child no longer. A parent in the same queue that waits for nothing
-- else goes with it, one in another queue is put to work; neither emits an event.
local function detach_removed(prefix, job_key, parent_key, parent_json)
  local dependencies = parent_key .. ':dependencies'
  if call('SREM', dependencies, job_key) == 0 or call('EXISTS', dependencies) == 1 then
    return
  end
  local queue, parent_id = parent_address(parent_key, parent_json)
  if call('ZREM', queue .. ':waiting-children', parent_id) == 0 then
    return
  end
  if queue .. ':' == prefix then
    remove_job(prefix, parent_id)
    return
  end
  local settings = call('HMGET', queue .. ':meta', 'paused', 'concurrency')
  local wait, paused = queue .. ':wait', settings[1]
  --- include waiting-list
  call('RPUSH', list, parent_id)
  if not queue_closed(paused, settings[2], queue .. ':active') then
    call('ZADD', queue .. ':marker', '0', '0')
  end
end

-- Hard removal of a job: its keys and its claim on a deduplication id go, and its parent waits for it
-- no longer. The caller takes the id out of its list or set, and may have read `fields`: parentKey, parent
-- and deid of the job.
function remove_job(prefix, id, fields)
  local job_key = prefix .. id
  fields = fields or call('HMGET', job_key, 'parentKey', 'parent', 'deid')
  local parent_key, dedup_id = fields[1], fields[3]
  if parent_key and parent_key ~= '' and call('EXISTS', parent_key) == 1 then
    detach_removed(prefix, job_key, parent_key, fields[2])
  end
  if dedup_id and call('GET', prefix .. 'de:' .. dedup_id) == id then
    call('DEL', prefix .. 'de:' .. dedup_id, prefix .. 'dn:' .. dedup_id)
  end
  delete_job(job_key)
end
