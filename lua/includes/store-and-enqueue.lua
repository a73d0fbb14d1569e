--- include store-fields
--- include queue-closed
--- include enqueue-prioritized

-- Block. STORE and ENQ: creates a job and puts it where its options say.
-- Uses: id, job_key, name, data, opts, json, timestamp, parent_key, parent_json, scheduler, dedup_id;
-- max_len, paused and concurrency as read from meta; wait, active, prioritized, delayed, pc, events, marker.
store_fields(job_key, name, data, opts, json, timestamp, parent_key, parent_json, scheduler, dedup_id)
call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', name)
local delay, priority = tonumber(opts.delay) or 0, tonumber(opts.priority) or 0
if delay ~= 0 then
  --- include enqueue-delayed
  --- include mark-delay
else
  if priority > 0 then
    enqueue_prioritized(prioritized, pc, id, priority)
  else
    --- include waiting-list
    call(opts.lifo and 'RPUSH' or 'LPUSH', list, id)
  end
  if not queue_closed(paused, concurrency, active) then
    call('ZADD', marker, '0', '0')
  end
  call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'waiting', 'jobId', id)
end
