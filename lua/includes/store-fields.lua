-- STORE for a job that has a parent, a scheduler or a deduplication id: writes its hash, optional
-- fields last.
local function store_fields(job_key, name, data, opts, json, timestamp, parent_key, parent_json,
                            scheduler, dedup_id)
  local fields = { 'name', name, 'data', data, 'opts', json, 'timestamp', timestamp,
    'delay', opts.delay or '0', 'priority', opts.priority or '0' }
  local size = #fields
  local function put(field, value)
    fields[size + 1], fields[size + 2] = field, value
    size = size + 2
  end
  if parent_key then
    put('parentKey', parent_key)
    put('parent', parent_json)
  end
  if scheduler then
    put('rjk', scheduler)
  end
  if dedup_id then
    put('deid', dedup_id)
  end
  call('HSET', job_key, unpack(fields, 1, size))
end
