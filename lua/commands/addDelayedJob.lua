-- Adds a job to `delayed`.
--
-- KEYS (6)   1 marker, 2 meta, 3 id, 4 delayed, 5 completed, 6 events
-- ARGV       as addStandardJob
-- Returns    as addStandardJob
-- Events     added, delayed | duplicated | [removed] deduplicated [delayed]
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local meta, counter, delayed, completed, events = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local is_parent = false
local max_len = call('HGET', meta, 'opts.maxLenEvents')
--- include create-job

local marker, delay = KEYS[1], opts.delay or 0
--- include enqueue-delayed
--- include mark-delay
if dependencies_key then
  call('SADD', dependencies_key, job_key)
end
return id
