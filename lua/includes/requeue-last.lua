--- include release-deduplication

-- REQUEUE: creates the job that was kept aside while the deduplication owner ran.
-- Uses the command's locals: wait, active, prioritized, delayed, pc, events, marker, prefix.
local function requeue_last(dedup, timestamp, max_len, paused, concurrency)
  local next_key = prefix .. 'dn:' .. dedup
  local kept = call('HMGET', next_key, 'name', 'data', 'opts', 'pk', 'pd', 'rjk', 'pdk', 'jid')
  if not kept[1] then
    return
  end
  local id = call('INCR', prefix .. 'id') .. ''
  id = kept[8] or id
  local name, data, json, parent_key, parent_json, scheduler = unpack(kept, 1, 6)
  local opts = cjson.decode(json)
  local job_key, rule = prefix .. id, opts.de
  local ttl = rule and not rule.keepLastIfActive and rule.ttl
  if ttl and ttl > 0 then
    call('SET', prefix .. 'de:' .. dedup, id, 'PX', ttl)
  else
    call('SET', prefix .. 'de:' .. dedup, id)
  end

  local dedup_id = rule and rule.id
  --- include store-and-enqueue
  if kept[7] then
    call('SADD', kept[7], job_key)
  end
  call('DEL', next_key)
end
