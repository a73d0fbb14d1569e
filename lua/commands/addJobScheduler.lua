-- Creates a job scheduler, or changes it, and creates its next job: an iteration. The iteration that still
-- waits, if any, is replaced.
--
-- KEYS (11)  1 repeat, 2 delayed, 3 wait, 4 paused, 5 meta, 6 prioritized, 7 marker, 8 id, 9 events, 10 pc,
--            11 active
-- ARGV       1 ms of the next iteration (of a pattern; not used with `every`),
--            2 packed map {name, startDate?, endDate?, tz?, pattern?, every?, limit?, offset?},
--            3 scheduler id, 4 data of its jobs, JSON (`{}` none), 5 packed options of its jobs,
--            6 packed options of the next job, 7 now ms, 8 prefix, 9 (unused)
-- Returns    {job id, delay ms}; -10 a pattern's next iteration exists, -11 the next slots are all taken
-- Events     added, delayed | waiting
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local schedulers, delayed, wait, meta, prioritized = KEYS[1], KEYS[2], KEYS[3], KEYS[5], KEYS[6]
local marker, events, pc, active = KEYS[7], KEYS[9], KEYS[10], KEYS[11]
local scheduler, now, prefix = ARGV[3], tonumber(ARGV[7]), ARGV[8]
local rule, opts = cmsgpack.unpack(ARGV[2]), cmsgpack.unpack(ARGV[6])
local scheduler_key, iteration = prefix .. 'repeat:' .. scheduler, 'repeat:' .. scheduler .. ':'
local every = rule.every

-- Takes an iteration that has not started out of where it waits. A lock, or a finish, says that it has.
local function withdraw(id)
  local job_key = prefix .. id
  local job = call('HMGET', job_key, 'parentKey', 'parent', 'deid', 'finishedOn')
  local waits = call('ZREM', delayed, id) == 1 or call('ZREM', prioritized, id) == 1
    or not job[4] and call('EXISTS', job_key .. ':lock') == 0
      and (call('LREM', wait, '1', id) == 1 or call('LREM', KEYS[4], '1', id) == 1)
  if waits then
    --- include remove-job
    remove_job(prefix, id, job)
  end
  return waits
end

local function store_scheduler(millis, stored)
  local fields, size = { 'name', rule.name }, 2
  local function put(field, value)
    if value then
      fields[size + 1], fields[size + 2] = field, value
      size = size + 2
    end
  end
  local settings = { 'tz', 'limit', 'pattern', 'startDate', 'endDate', 'every' }
  for i = 1, #settings do
    put(settings[i], rule[settings[i]])
  end
  put('offset', rule.offset or stored[2])
  local template = cjson.encode(cmsgpack.unpack(ARGV[5]))
  put('opts', template ~= '{}' and template)
  put('data', ARGV[4] ~= '{}' and ARGV[4])
  put('ic', stored[3] or '1')
  call('ZADD', schedulers, millis, scheduler)
  call('DEL', scheduler_key)
  call('HSET', scheduler_key, unpack(fields))
end

local queue = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
local max_len, paused, concurrency = queue[1], queue[2], queue[3]
--- include max-events
local stored = call('HMGET', scheduler_key, 'every', 'offset', 'ic')
local last = call('ZSCORE', schedulers, scheduler)
local same_interval = every and last and tonumber(stored[1]) == every
local exists = last and call('EXISTS', prefix .. iteration .. last) == 1
local millis, offset = ARGV[1], rule.offset or 0
if every then
  --- include next-slot
  local from = rule.offset or opts['repeat'] and opts['repeat'].offset or 0
  millis, offset = next_slot(same_interval and tonumber(last), every, now, from, rule.startDate)
elseif millis ~= last and call('EXISTS', prefix .. iteration .. millis) == 1 then
  return -10
end

if exists and withdraw(iteration .. last) then
  millis = same_interval and last or millis
else
  if exists and millis == last then
    return -10
  end
  rule.offset = offset
end
if every then
  --- include free-slot
  millis = free_slot(prefix .. iteration, tonumber(millis), every)
  if not millis then
    return -11
  end
end
store_scheduler(millis, stored)

local timestamp, id = ARGV[7], iteration .. millis
local job_key, name, data, parent_key, parent_json = prefix .. id, rule.name, ARGV[4], nil, nil
local dedup_id = opts.de and opts.de.id
opts.delay, opts.jobId = math.max(0, millis - now), id
local json = cjson.encode(opts)
call('INCR', KEYS[8])
--- include store-and-enqueue
return { id, delay }
