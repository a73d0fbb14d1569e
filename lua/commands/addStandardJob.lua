-- Adds a job to `wait`.
--
-- KEYS (9)   1 wait, 2 paused (unused), 3 meta, 4 id, 5 completed, 6 delayed, 7 active, 8 events,
--            9 marker
-- ARGV       1 packed array: 1 prefix, 2 custom id or '', 3 name, 4 timestamp, 5 parent key,
--            6 parent's dependencies key, 7 parent map, 8 scheduler id, 9 deduplication key,
--            10 `1` = the parent is released later
--            2 data, JSON
--            3 packed options, short names
-- Returns    the job id; the id of an existing job when nothing was created;
--            -5 parent missing, -7 the existing job has another living parent
-- Events     added, waiting | duplicated | [removed] deduplicated [delayed]
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local meta, counter, completed, delayed, events = KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[8]
local is_parent = false
local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
local max_len, paused, concurrency = settings[1], settings[2], settings[3]
--- include create-job

local wait = KEYS[1]
--- include waiting-list
call(opts.lifo and 'RPUSH' or 'LPUSH', list, id)
local active = KEYS[7]
--- include gate
if not closed then
  call('ZADD', KEYS[9], '0', '0')
end
call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'waiting', 'jobId', id)
if dependencies_key then
  call('SADD', dependencies_key, job_key)
end
return id
