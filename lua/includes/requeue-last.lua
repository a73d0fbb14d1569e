--- include release-deduplication
--- include store-fields
--- include queue-closed
--- include enqueue-prioritized

-- REQUEUE: creates the job that was kept aside while the deduplication owner ran.
-- Uses the command's locals: wait, active, prioritized, delayed, pc, events, marker, prefix.
local function requeue_last(dedup_id, now, max_len, paused, concurrency)
  local next_key = prefix .. 'dn:' .. dedup_id
  local kept = call('HMGET', next_key, 'name', 'data', 'opts', 'pk', 'pd', 'rjk', 'pdk', 'jid')
  if not kept[1] then
    return
  end
  local id = call('INCR', prefix .. 'id') .. ''
  id = kept[8] or id
  local opts = cjson.decode(kept[3])
  local job_key, rule = prefix .. id, opts.de
  local ttl = rule and not rule.keepLastIfActive and rule.ttl
  if ttl and ttl > 0 then
    call('SET', prefix .. 'de:' .. dedup_id, id, 'PX', ttl)
  else
    call('SET', prefix .. 'de:' .. dedup_id, id)
  end

  store_fields(job_key, kept[1], kept[2], opts, kept[3], now, kept[4], kept[5], kept[6],
    rule and rule.id)
  call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', kept[1])
  local delay, priority = tonumber(opts.delay) or 0, tonumber(opts.priority) or 0
  if delay ~= 0 then
    local timestamp = now
    --- include enqueue-delayed
    --- include mark-delay
  else
    if priority > 0 then
      enqueue_prioritized(prioritized, pc, id, priority)
    else
      call(opts.lifo and 'RPUSH' or 'LPUSH', wait, id)
    end
    if not queue_closed(paused, concurrency, active) then
      call('ZADD', marker, '0', '0')
    end
    call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'waiting', 'jobId', id)
  end
  if kept[7] then
    call('SADD', kept[7], job_key)
  end
  call('DEL', next_key)
end
