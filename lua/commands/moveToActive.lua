-- Takes the next job.
--
-- KEYS (11)  1 wait, 2 active, 3 prioritized, 4 events, 5 stalled (unused), 6 limiter, 7 delayed,
--            8 paused (unused), 9 meta, 10 pc, 11 marker
-- ARGV       1 prefix, 2 now ms, 3 packed map {token, lockDuration, limiter?{max, duration}, name?}
-- Returns    {fields, id, 0, 0} the job; {0, 0, ttl, 0} rate limited for ttl ms;
--            {0, 0, 0, due} nothing before due ms; {0, 0, 0, 0} nothing, paused or maxed
-- Events     waiting (jobs that became due), active
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local wait, active, prioritized, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local limiter, delayed, meta, pc, marker = KEYS[6], KEYS[7], KEYS[9], KEYS[10], KEYS[11]
local prefix, now, options = ARGV[1], ARGV[2], ARGV[3]
--- include worker-options
local settings = call('HMGET', meta, 'paused', 'concurrency', 'max')
local paused, concurrency, max, window, no_delays = settings[1], settings[2], settings[3], nil, false
--- include fetch-job

return reply or { 0, 0, 0, 0 }
