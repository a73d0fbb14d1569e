-- Block. Steps 1 to 6 of the add commands: parent check, id, duplicates, deduplication, STORE. Ends
-- the command with its reply where no job is to be created.
-- Uses: max_len (read from meta), counter, meta, events, completed, delayed; is_parent (the job waits
-- for children).
-- Defines: what ARGV[1] holds, as prefix, id, name, timestamp, parent_key, dependencies_key, parent,
-- scheduler, owner_key (of the deduplication id), deferred (the parent is released later); opts, job_key.
local job, packed = ARGV[1], ARGV[3]
local head = job:byte()
-- Values without a table around them: behind the head of an array up to 15 long, or of a longer one.
local _, prefix, id, name, timestamp, parent_key, dependencies_key, parent, scheduler, owner_key, deferred
if head == 220 then
  _, prefix, id, name, timestamp, parent_key, dependencies_key, parent, scheduler, owner_key, deferred =
    cmsgpack.unpack_limit(job, job:byte(3), 3)
else
  _, prefix, id, name, timestamp, parent_key, dependencies_key, parent, scheduler, owner_key, deferred =
    cmsgpack.unpack_limit(job, head - 144, 1)
end
local opts, json
if packed == '\222\0\1\168attempts\0' or packed == '\129\168attempts\0' then
  -- Most jobs have no options. The two encodings of that, and its JSON text, are known.
  opts, json = {}, '{"attempts":0}'
else
  opts = cmsgpack.unpack(packed)
end
if parent_key and call('EXISTS', parent_key) == 0 then
  return -5
end
local counted = call('INCR', counter)
--- include max-events
if id == '' then
  id = string.format('%d', counted)
elseif call('EXISTS', prefix .. id) == 1 then
  --- include attach-duplicate
  return attach_duplicate(prefix .. id)
end
local dedup_id = opts.de and opts.de.id
if dedup_id then
  --- include deduplicate-job
  local owner = deduplicate_job()
  if owner then
    return owner
  end
end

local job_key = prefix .. id
json = json or cjson.encode(opts)
if timestamp % 1 == 0 and timestamp < 9007199254740992 then
  timestamp = string.format('%d', timestamp)
end
if parent_key or dedup_id or scheduler then
  --- include store-fields
  store_fields(job_key, name, ARGV[2], opts, json, timestamp, parent_key, parent and cjson.encode(parent),
    scheduler, dedup_id)
else
  call('HSET', job_key, 'name', name, 'data', ARGV[2], 'opts', json, 'timestamp', timestamp,
    'delay', opts.delay or '0', 'priority', opts.priority or '0')
end
call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', name)
