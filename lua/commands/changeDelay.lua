-- Changes when a delayed job is due.
--
-- KEYS (4)   1 delayed, 2 meta, 3 marker, 4 events
-- ARGV       1 delay ms from now, 2 now ms, 3 job id, 4 job key
-- Returns    0; -1 job missing, -3 not delayed
-- Events     delayed
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local delayed, meta, marker, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local delay, timestamp, id, job_key = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]

if call('EXISTS', job_key) == 0 then
  return -1
end
if not call('ZSCORE', delayed, id) then
  return -3
end
local max_len = call('HGET', meta, 'opts.maxLenEvents')
--- include max-events
--- include enqueue-delayed
call('HSET', job_key, 'delay', ARGV[1])
--- include mark-delay
return 0
