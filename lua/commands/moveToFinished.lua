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
local target, job_key, metrics, marker = KEYS[11], KEYS[12], KEYS[13], KEYS[14]
local id, now, field, result, prefix = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[7]
local state, fetch, options = ARGV[5], ARGV[6] == '1', ARGV[8]

-- An active job has at least eight fields: the six that it was stored with and two from its start. With
-- these alone it has no parent, no deduplication id, and no earlier attempt.
local field_count = call('HLEN', job_key)
if field_count == 0 then
  return -1
end
local completed = state == 'completed'
-- One look for four things, of which most jobs and queues have none.
local rarities = call('EXISTS', job_key .. ':dependencies', job_key .. ':unsuccessful', delayed, stalled)
if rarities == 0 then
  stalled = nil
elseif completed and call('EXISTS', job_key .. ':dependencies', job_key .. ':unsuccessful') > 0 then
  return call('EXISTS', job_key .. ':dependencies') == 1 and -4 or -9
end
--- include finish-options
local keep_count = keep.count
local patch = ARGV[9] and ARGV[9] ~= '' and cmsgpack.unpack(ARGV[9])
if patch and type(patch) ~= 'table' then
  return redis.error_reply('ERR the further fields must be a packed array')
end
--- include unlock-job
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
--- include settle-relatives

if keep_count == 0 then
  --- include drop-finished
else
  call('ZADD', target, now, id)
  --- include store-outcome
  if keep.age or keep_count and keep_count > 0 then
    --- include trim-finished
    trim_finished(target, keep, now)
  end
end
--- include announce-finish

if fetch then
  -- A parent, or a job requeued, may have been delayed in this call.
  local no_delays = rarities == 0 and not parent_key and not dedup_id
  --- include fetch-job
  if reply then
    return reply
  end
end
if call('EXISTS', wait, active, prioritized) == 0 then
  call('XADD', events, '*', 'event', 'drained')
end
return 0
