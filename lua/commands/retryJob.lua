-- Puts an active job back to be tried again at once.
--
-- KEYS (11)  1 active, 2 wait, 3 paused (unused), 4 job key, 5 meta, 6 events, 7 delayed,
--            8 prioritized, 9 pc, 10 marker, 11 stalled
-- ARGV       1 prefix, 2 now ms, 3 `LPUSH` or `RPUSH` (lifo), 4 job id, 5 token,
--            6 packed array of further fields to write, or ''
-- Returns    0; -1 job missing, -2 no lock, -3 not active, -6 lock of another worker
-- Events     [waiting of jobs that became due], waiting
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local active, wait, job_key, meta, events = KEYS[1], KEYS[2], KEYS[4], KEYS[5], KEYS[6]
local delayed, prioritized, pc, marker, stalled = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local prefix, now, id, token = ARGV[1], ARGV[2], ARGV[4], ARGV[5]

local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
local max_len, paused, concurrency = settings[1], settings[2], settings[3]
local no_delays = false
do -- The gate is looked at again once the job has left its place among the active ones.
  --- include gate
  --- include promote-what-is-due
end
local job = call('HMGET', job_key, 'name', 'priority', 'atm')
if not job[1] and call('EXISTS', job_key) == 0 then
  return -1
end
--- include unlock-job
local patch = ARGV[6] ~= '' and cmsgpack.unpack(ARGV[6]) or {}
local size = #patch
if call('LREM', active, '-1', id) == 0 then
  if size > 0 then
    call('HSET', job_key, unpack(patch))
  end
  return -3
end

patch[size + 1], patch[size + 2] = 'atm', job[3] and job[3] + 1 or '1'
call('HSET', job_key, unpack(patch))
local priority = tonumber(job[2]) or 0
if priority == 0 then
  --- include waiting-list
  call(ARGV[3], list, id)
else
  --- include enqueue-prioritized
  enqueue_prioritized(prioritized, pc, id, priority)
end
--- include gate
if not closed then
  call('ZADD', marker, '0', '0')
end
--- include max-events
call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'waiting', 'jobId', id, 'prev', 'active')
return 0
