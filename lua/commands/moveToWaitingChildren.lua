-- Lets an active job wait for its children.
--
-- KEYS (7)   1 active, 2 waiting-children, 3 job key, 4 its dependencies, 5 its unsuccessful,
--            6 stalled, 7 events
-- ARGV       1 token, 2 key of the child to wait for, or '' for any, 3 now ms, 4 job id,
--            5 prefix (unused)
-- Returns    0 moved, 1 nothing to wait for; -1 job missing, -2 no lock, -3 not active,
--            -6 lock of another worker, -9 children failed
-- Events     waiting-children
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local job_key, dependencies, stalled = KEYS[3], KEYS[4], KEYS[6]
local token, child, id = ARGV[1], ARGV[2], ARGV[4]

if call('EXISTS', job_key) == 0 then
  return -1
end
if call('EXISTS', KEYS[5]) == 1 then
  return -9
end
local pending
if child == '' then
  pending = call('EXISTS', dependencies)
else
  pending = call('SISMEMBER', dependencies, child)
end
if pending == 0 then
  return 1
end
--- include unlock-job
if call('LREM', KEYS[1], '-1', id) == 0 then
  return -3
end
call('ZADD', KEYS[2], ARGV[3], id)
call('XADD', KEYS[7], '*', 'event', 'waiting-children', 'jobId', id, 'prev', 'active')
return 0
