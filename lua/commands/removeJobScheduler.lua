-- Removes a job scheduler and the iteration that it has delayed. One that waits or runs is left to run.
--
-- KEYS (3)   1 repeat, 2 delayed, 3 events
-- ARGV       1 scheduler id, 2 prefix
-- Returns    0; 1 there is none
-- Events     [removed]
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local scheduler, prefix = ARGV[1], ARGV[2]

local millis = call('ZSCORE', KEYS[1], scheduler)
if not millis then
  return 1
end
local id = 'repeat:' .. scheduler .. ':' .. millis
if call('ZREM', KEYS[2], id) == 1 then
  --- include delete-job
  delete_job(prefix .. id)
  call('XADD', KEYS[3], '*', 'event', 'removed', 'jobId', id, 'prev', 'delayed')
end
call('ZREM', KEYS[1], scheduler)
call('DEL', prefix .. 'repeat:' .. scheduler)
return 0
