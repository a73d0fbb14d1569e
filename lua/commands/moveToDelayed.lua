-- Moves an active job to `delayed` and, where asked for, takes the next job.
--
-- KEYS (11)  1 marker, 2 active, 3 prioritized, 4 delayed, 5 job key, 6 events, 7 meta, 8 stalled,
--            9 wait, 10 limiter, 11 pc
-- ARGV       1 prefix, 2 now ms, 3 job id, 4 token, 5 delay ms, 6 `1` = not an attempt,
--            7 packed array of further fields to write, or '', 8 `1` = take the next job,
--            9 packed map {token, lockDuration, limiter?, name?}
-- Returns    0, or {fields, id, 0, 0} the next job; -1 job missing, -2 no lock, -3 not active,
--            -6 lock of another worker
-- Events     delayed, [waiting ...] [active]
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local marker, active, prioritized, delayed = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local job_key, events, meta, stalled, wait = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local limiter, pc, prefix, now, id, token = KEYS[10], KEYS[11], ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local job = call('HMGET', job_key, 'name', 'atm')
if not job[1] and call('EXISTS', job_key) == 0 then
  return -1
end
--- include unlock-job
local patch = ARGV[7] and ARGV[7] ~= '' and cmsgpack.unpack(ARGV[7]) or {}
local size = #patch
if call('LREM', active, '-1', id) == 0 then
  if size > 0 then
    call('HSET', job_key, unpack(patch))
  end
  return -3
end

local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency', 'max')
local max_len, paused, concurrency = settings[1], settings[2], settings[3]
local max, window, no_delays = settings[4], nil, false
--- include max-events
patch[size + 1], patch[size + 2] = 'delay', ARGV[5]
if ARGV[6] == '0' then
  patch[size + 3], patch[size + 4] = 'atm', job[2] and job[2] + 1 or '1'
end
call('HSET', job_key, unpack(patch))
local timestamp, delay = now, tonumber(ARGV[5])
--- include enqueue-delayed
if ARGV[8] == '1' then
  local options = ARGV[9]
  --- include worker-options
  --- include fetch-job
  if reply and reply[1] ~= 0 then
    return reply
  end
end
--- include mark-delay
return 0
