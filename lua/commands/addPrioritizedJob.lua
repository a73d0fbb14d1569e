-- Adds a job to `prioritized`.
--
-- KEYS (9)   1 marker, 2 meta, 3 id, 4 prioritized, 5 delayed, 6 completed, 7 active, 8 events, 9 pc
-- ARGV       as addStandardJob
-- Returns    as addStandardJob
-- Events     added, waiting | duplicated | [removed] deduplicated [delayed]
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local meta, counter, delayed, completed, events = KEYS[2], KEYS[3], KEYS[5], KEYS[6], KEYS[8]
local is_parent = false
local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
local max_len, paused, concurrency = settings[1], settings[2], settings[3]
--- include create-job

-- Lower priorities first, in order of arrival inside one priority.
local score = (opts.priority or 0) * 4294967296 + call('INCR', KEYS[9]) % 4294967296
call('ZADD', KEYS[4], score % 1 == 0 and string.format('%d', score) or score, id)
local active = KEYS[7]
--- include gate
if not closed then
  call('ZADD', KEYS[1], '0', '0')
end
call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'waiting', 'jobId', id)
if dependencies_key then
  call('SADD', dependencies_key, job_key)
end
return id
