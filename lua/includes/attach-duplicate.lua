--- include release-childless-parent

-- DUPLICATE: the job to add exists. A new parent adopts it unless it has another living one.
-- Uses the locals of create-job. Returns the reply of the command.
local function attach_duplicate(job_key)
  if parent_key then
    local stored = call('HMGET', job_key, 'parentKey', 'returnvalue')
    local old = stored[1]
    if old and old ~= parent_key and call('EXISTS', old) == 1 then
      if deferred then
        call('HSET', parent_key, 'flowAttachmentFailed', '1')
      end
      return -7
    end
    if not call('ZSCORE', completed, id) then
      call('SADD', dependencies_key, job_key)
    else
      call('HSET', parent_key .. ':processed', job_key, stored[2])
      if not deferred then
        release_childless_parent(parent.queueKey, parent_key, parent.id, timestamp)
      end
    end
    call('HSET', job_key, 'parentKey', parent_key, 'parent', cjson.encode(parent))
  end
  call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'duplicated', 'jobId', id)
  return id
end
