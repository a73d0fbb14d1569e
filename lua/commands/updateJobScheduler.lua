-- Creates the next iteration of a scheduler; the worker that starts one calls it.
--
-- KEYS (12)  1 repeat, 2 delayed, 3 wait, 4 paused (unused), 5 meta, 6 prioritized, 7 marker, 8 id,
--            9 events, 10 pc, 11 (unused), 12 active
-- ARGV       1 ms of the next iteration (of a pattern; not used with `every`), 2 scheduler id,
--            3 (unused), 4 packed options of the next job, 5 now ms, 6 prefix,
--            7 id of the job that was started
-- Returns    the id of the next job; nil when the scheduler is gone, the started job is not its newest one,
--            or there is a job for that slot already
-- Events     [duplicated] added, delayed | waiting
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local schedulers, delayed, wait, meta, prioritized = KEYS[1], KEYS[2], KEYS[3], KEYS[5], KEYS[6]
local marker, events, pc, active = KEYS[7], KEYS[9], KEYS[10], KEYS[12]
local scheduler, timestamp, prefix = ARGV[2], ARGV[5], ARGV[6]
local scheduler_key, iteration = prefix .. 'repeat:' .. scheduler, 'repeat:' .. scheduler .. ':'

local last = call('ZSCORE', schedulers, scheduler)
if not last or ARGV[7] ~= iteration .. last then
  return nil
end
local stored = call('HMGET', scheduler_key, 'name', 'data', 'every', 'offset')
local name, data, opts = stored[1], stored[2] or '{}', cmsgpack.unpack(ARGV[4])
local rule = opts['repeat'] or {}
local every = tonumber(stored[3] or rule.every)
local millis = ARGV[1]
if every then
  --- include next-slot
  local offset = tonumber(stored[4] or rule.offset or 0)
  millis = next_slot(tonumber(last), every, tonumber(timestamp), offset)
end

local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
local max_len, paused, concurrency = settings[1], settings[2], settings[3]
--- include max-events
if call('EXISTS', prefix .. iteration .. millis) == 1 then
  call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'duplicated', 'jobId', iteration .. millis)
  --- include free-slot
  -- The chain goes on with the slot behind. Which one that is, only the worker knows of a pattern.
  millis = every and free_slot(prefix .. iteration, millis, every)
  if not millis then
    return nil
  end
end
call('ZADD', schedulers, millis, scheduler)
call('HINCRBY', scheduler_key, 'ic', '1')
call('INCR', KEYS[8])

local id, parent_key, parent_json = iteration .. millis, nil, nil
local job_key, dedup_id = prefix .. id, opts.de and opts.de.id
opts.delay, opts.jobId = math.max(0, millis - timestamp), id
local json = cjson.encode(opts)
--- include store-and-enqueue
return id
