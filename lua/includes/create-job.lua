-- Block. Steps 1 to 6 of the add commands: parent check, id, duplicates, deduplication, STORE. Ends
-- the command with its reply where no job is to be created.
-- Uses: max_len (read from meta), counter, meta, events, completed, delayed; is_parent (the job waits
-- for children).
-- Defines: job (ARGV[1]: 1 prefix, 2 id, 3 name, 4 timestamp, 5 parent key, 6 its dependencies,
-- 7 parent, 8 scheduler, 9 deduplication key, 10 released later), opts, id, job_key.
local job, packed = cmsgpack.unpack(ARGV[1]), ARGV[3]
local opts, json
if packed == '\222\0\1\168attempts\0' or packed == '\129\168attempts\0' then
  -- Most jobs have no options. The two encodings of that, and its JSON text, are known.
  opts, json = {}, '{"attempts":0}'
else
  opts = cmsgpack.unpack(packed)
end
local parent_key = job[5]
if parent_key and call('EXISTS', parent_key) == 0 then
  return -5
end
local id, counted = job[2], call('INCR', counter)
--- include max-events
if id == '' then
  id = counted .. ''
elseif call('EXISTS', job[1] .. id) == 1 then
  --- include attach-duplicate
  return attach_duplicate(job, job[1] .. id, id, events, completed, max_len)
end
local dedup_id = opts.de and opts.de.id
if dedup_id then
  --- include deduplicate-job
  local owner = deduplicate_job()
  if owner then
    return owner
  end
end

local job_key, name = job[1] .. id, job[3]
json = json or cjson.encode(opts)
if parent_key or dedup_id or job[8] then
  --- include store-fields
  store_fields(job_key, name, ARGV[2], opts, json, job[4], parent_key,
    job[7] and cjson.encode(job[7]), job[8], dedup_id)
else
  call('HSET', job_key, 'name', name, 'data', ARGV[2], 'opts', json, 'timestamp', job[4],
    'delay', opts.delay or '0', 'priority', opts.priority or '0')
end
call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', name)
