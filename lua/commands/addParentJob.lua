-- Adds a job that waits for its children to `waiting-children`. Its delay and priority are only
-- stored; they apply when the last child is done.
--
-- KEYS (6)   1 meta, 2 id, 3 delayed (unused), 4 waiting-children, 5 completed, 6 events
-- ARGV       as addStandardJob
-- Returns    as addStandardJob
-- Events     added, waiting-children | duplicated | deduplicated
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local meta, counter, delayed, completed, events = KEYS[1], KEYS[2], KEYS[3], KEYS[5], KEYS[6]
local is_parent = true
local max_len = call('HGET', meta, 'opts.maxLenEvents')
--- include create-job

call('ZADD', KEYS[4], timestamp, id)
call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'waiting-children', 'jobId', id)
if dependencies_key then
  call('SADD', dependencies_key, job_key)
end
return id
