--- include release-childless-parent

-- DUPLICATE: the job to add exists. A new parent adopts it unless it has another living one.
-- `job` is ARGV[1] of the add commands. Returns the reply of the command.
local function attach_duplicate(job, job_key, id, events_key, completed_key, max_len)
  local parent_key, deferred = job[5], job[10]
  if parent_key then
    local stored = call('HMGET', job_key, 'parentKey', 'returnvalue')
    local old = stored[1]
    if old and old ~= parent_key and call('EXISTS', old) == 1 then
      if deferred then
        call('HSET', parent_key, 'flowAttachmentFailed', '1')
      end
      return -7
    end
    local parent = job[7]
    if not call('ZSCORE', completed_key, id) then
      call('SADD', job[6], job_key)
    else
      call('HSET', parent_key .. ':processed', job_key, stored[2])
      if not deferred then
        release_childless_parent(parent.queueKey, parent_key, parent.id, job[4])
      end
    end
    call('HSET', job_key, 'parentKey', parent_key, 'parent', cjson.encode(parent))
  end
  call('XADD', events_key, 'MAXLEN', '~', max_len, '*', 'event', 'duplicated', 'jobId', id)
  return id
end
