-- Finishes an active job and, where asked for, takes the next one.
--
-- KEYS (14)  1 wait, 2 active, 3 prioritized, 4 events, 5 stalled, 6 limiter, 7 delayed,
--            8 paused (unused), 9 meta, 10 pc, 11 completed or failed, 12 job key,
--            13 metrics of that state, 14 marker
-- ARGV       1 job id, 2 now ms, 3 `returnvalue` or `failedReason`, 4 its value,
--            5 `completed` or `failed`, 6 `1` = take the next job, 7 prefix,
--            8 packed map {token, name?, keepJobs{count?, age?, limit?}, limiter?, lockDuration,
--              attempts, maxMetricsSize}
--            9 packed array of further fields to write, or ''
-- Returns    0, or the reply of moveToActive where it says something; -1 job missing, -2 no lock,
--            -3 not active, -4 children pending, -6 lock of another worker, -9 children failed
-- Events     [added waiting|delayed] [parent's waiting|delayed] completed|failed
--            [retries-exhausted] [waiting ...] [active] [drained]
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local wait, active, prioritized, events, stalled = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local limiter, delayed, meta, pc = KEYS[6], KEYS[7], KEYS[9], KEYS[10]
local target, job_key, marker = KEYS[11], KEYS[12], KEYS[14]
local id, now, field, result, prefix = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[7]
local state, fetch, options = ARGV[5], ARGV[6] == '1', ARGV[8]

-- An active job has at least eight fields: the six that it was stored with and two from its start. With
-- these alone it has no parent, no deduplication id, and no earlier attempt.
local field_count = call('HLEN', job_key)
if field_count == 0 then
  return -1
end
local completed = state == 'completed'
if completed and call('EXISTS', job_key .. ':dependencies', job_key .. ':unsuccessful') > 0 then
  return call('EXISTS', job_key .. ':dependencies') == 1 and -4 or -9
end
--- include finish-options
local keep_count = keep.count
--- include unlock-job
local patch = ARGV[9] ~= '' and cmsgpack.unpack(ARGV[9])
if call('LREM', active, '-1', id) == 0 then
  if patch then
    call('HSET', job_key, unpack(patch))
  end
  return -3
end

local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency', 'max')
local max_len, paused, concurrency = settings[1], settings[2], settings[3]
local max, window = settings[4], nil
--- include max-events
local parent_key, dedup_id, attempts = nil, nil, '1'
if field_count ~= 8 then
  local job = call('HMGET', job_key, 'parentKey', 'deid', 'atm')
  parent_key, dedup_id, attempts = job[1], job[2], job[3] and job[3] + 1 or '1'
end
if dedup_id then
  --- include requeue-last
  release_deduplication(dedup_id, id)
  requeue_last(dedup_id, now, max_len, paused, concurrency)
end
local parent_queue, parent_id
if parent_key then
  --- include parent-address
  --- include finish-child
  local parent
  parent_queue, parent_id, parent = parent_address(parent_key, call('HGET', job_key, 'parent'))
  if completed then
    complete_child(parent_queue, parent_key, parent_id, job_key, result, now)
  elseif parent then
    fail_child(parent, job_key, result, now)
  end
end

if keep_count == 0 then
  call('DEL', job_key, job_key .. ':logs', job_key .. ':dependencies', job_key .. ':processed',
    job_key .. ':failed', job_key .. ':unsuccessful')
  if parent_key and not completed then
    --- include detach-child
    detach_child(job_key, parent_key, parent_queue, parent_id)
  end
else
  call('ZADD', target, now, id)
  if patch then
    local size = #patch
    patch[size + 1], patch[size + 2], patch[size + 3] = field, result, 'finishedOn'
    patch[size + 4], patch[size + 5], patch[size + 6] = now, 'atm', attempts
    call('HSET', job_key, unpack(patch))
  else
    call('HSET', job_key, field, result, 'finishedOn', now, 'atm', attempts)
  end
  if not completed then
    call('HDEL', job_key, 'defa')
  end
  if keep.age or keep_count and keep_count > 0 then
    --- include trim-finished
    trim_finished(target, keep, now)
  end
end
call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', state, 'jobId', id, field, result,
  'prev', 'active')
if not completed and tonumber(attempts) >= (max_attempts or 0) then
  call('XADD', events, '*', 'event', 'retries-exhausted', 'jobId', id, 'attemptsMade', attempts)
end
if points and points ~= '' then
  --- include collect-metrics
  collect_metrics(KEYS[13], KEYS[13] .. ':data', points, now)
end

if fetch then
  --- include fetch-job
  if reply then
    return reply
  end
end
if call('EXISTS', wait, active, prioritized) == 0 then
  call('XADD', events, '*', 'event', 'drained')
end
return 0
