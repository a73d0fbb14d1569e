--- include parent-address
--- include delete-job
--- include detach-child

-- Removes what `keep` (`count`, `age` in s, `limit`) leaves no room for from a set of finished jobs.
-- Uses the command's local prefix.
local function trim_finished(target, keep, now)
  -- DROP-JOB
  local function drop_jobs(ids)
    for i = 1, #ids do
      local job_key = prefix .. ids[i]
      local stored = call('HMGET', job_key, 'parentKey', 'parent')
      local parent_key = stored[1]
      if parent_key and call('EXISTS', parent_key) == 1 then
        detach_child(job_key, parent_key, parent_address(parent_key, stored[2]))
      end
      delete_job(job_key)
    end
  end

  if keep.age then
    local limit, oldest = keep.limit or 1000, now - keep.age * 1000
    local ids = call('ZREVRANGEBYSCORE', target, oldest, '-inf', 'LIMIT', '0', limit)
    drop_jobs(ids)
    if #ids > 0 and #ids < limit then
      call('ZREMRANGEBYSCORE', target, '-inf', oldest)
    else
      for i = 1, #ids, 7000 do
        call('ZREM', target, unpack(ids, i, math.min(i + 6999, #ids)))
      end
    end
  end
  if keep.count and keep.count > 0 then
    -- A rule that has just become stricter is caught up with over several jobs.
    local ids = call('ZREVRANGE', target, keep.count, keep.count + 999)
    if #ids > 0 then
      drop_jobs(ids)
      call('ZREM', target, unpack(ids))
    end
  end
end
