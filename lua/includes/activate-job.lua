-- Block. ACTIVATE: makes the job that has just entered `active` the worker's own. The reply shows the
-- fields as they are written, so that the hash is read only once.
-- Uses: next_id, now, what worker-options defines, max, window, prefix, events, limiter. Sets: reply.
local next_key = prefix .. next_id
local fields = call('HGETALL', next_key)
local last, processed_at, started_at, worker_at, deferred = #fields, nil, nil, nil, false
-- A job with only the six fields that it was stored with starts for the first time.
for i = last == 12 and fields[1] == 'name' and 13 or 1, last, 2 do
  local name = fields[i]
  if name == 'processedOn' then
    processed_at = i
  elseif name == 'ats' then
    started_at = i
  elseif name == 'pb' then
    worker_at = i
  elseif name == 'defa' then
    deferred = true
  end
end

-- A job that is only going to fail does not count as started.
if max and not deferred and call('INCR', limiter) == 1 then
  call('PEXPIRE', limiter, math.floor(math.abs(window)))
end
if worker_token ~= '0' then
  -- Printing a number takes a quarter of the command's time, and most workers have the default.
  call('PSETEX', next_key .. ':lock', lock_duration == 30000 and '30000' or lock_duration, worker_token)
end
call('XADD', events, '*', 'event', 'active', 'jobId', next_id, 'prev', 'waiting')

if not processed_at then
  processed_at, last = last + 1, last + 2
  fields[processed_at] = 'processedOn'
end
local started = '1'
if started_at then
  started = (fields[started_at + 1] + 1) .. ''
else
  started_at, last = last + 1, last + 2
  fields[started_at] = 'ats'
end
fields[processed_at + 1], fields[started_at + 1] = now, started
if worker_name then
  worker_at = worker_at or last + 1
  fields[worker_at], fields[worker_at + 1] = 'pb', worker_name
  call('HSET', next_key, 'processedOn', now, 'pb', worker_name, 'ats', started)
else
  call('HSET', next_key, 'processedOn', now, 'ats', started)
end
reply = { fields, next_id, 0, 0 }
