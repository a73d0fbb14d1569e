-- Stores the progress of a job.
--
-- KEYS (3)   1 job key, 2 events, 3 meta
-- ARGV       1 job id, 2 progress, JSON
-- Returns    0; -1 job missing
-- Events     progress
local call, meta = redis.call, KEYS[3]

if call('EXISTS', KEYS[1]) == 0 then
  return -1
end
local max_len = call('HGET', meta, 'opts.maxLenEvents')
--- include max-events
call('HSET', KEYS[1], 'progress', ARGV[2])
call('XADD', KEYS[2], 'MAXLEN', '~', max_len, '*', 'event', 'progress', 'jobId', ARGV[1],
  'data', ARGV[2])
return 0
