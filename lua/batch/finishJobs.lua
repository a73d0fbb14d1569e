-- Finishes many active jobs and, for each where asked for, takes the next one. Every job has the effects
-- and events of its own moveToFinished, in order; what cannot be finished does not touch the others.
--
-- KEYS (14)  1 wait, 2 active, 3 prioritized, 4 events, 5 stalled, 6 limiter, 7 delayed, 8 meta, 9 pc,
--            10 marker, 11 completed, 12 failed, 13 metrics of completed, 14 metrics of failed
-- ARGV       1 prefix, 2 now ms, 3 packed map {lockDuration, limiter?, name?, maxMetricsSize}, then for
--            each job four: id, token, value, and a packed array of: map {keepJobs, attempts}, whether it
--            is completed or failed, whether to take the next job, array of further fields to write or nil
-- Returns    for each job two: 0, an error code of moveToFinished or an error reply; and the reply of
--            moveToActive with the array of fields packed, 0 or an error reply. At most 2000 jobs.
-- Events     those of moveToFinished for each job; drained at most once
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local wait, active, prioritized, events, stalled = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local limiter, delayed, meta, pc, marker = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local prefix, now, worker = ARGV[1], ARGV[2], cmsgpack.unpack(ARGV[3])
local points = worker.maxMetricsSize
local PER_JOB, FIRST, MOST = 4, 4, 2000
if not tonumber(now) or (#ARGV - FIRST + 1) % PER_JOB ~= 0 or #ARGV > MOST * PER_JOB + FIRST - 1 then
  return redis.error_reply('ERR finishJobs takes the time and four values for each of at most 2000 jobs')
end

local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency', 'max', 'duration')
local max_len, paused, concurrency = settings[1], settings[2], settings[3]
local max, window = settings[4], settings[5]
--- include max-events

-- One look at all locks, and one at all children: hardly any job has some.
local lock_keys, child_keys = {}, {}
for at = FIRST, #ARGV, PER_JOB do
  local job_key = prefix .. ARGV[at]
  lock_keys[#lock_keys + 1] = job_key .. ':lock'
  child_keys[#child_keys + 1] = job_key .. ':dependencies'
  child_keys[#child_keys + 1] = job_key .. ':unsuccessful'
end
local owners = call('MGET', unpack(lock_keys))
local have_children = call('EXISTS', unpack(child_keys)) > 0
local freed_locks, freed_ids, is_freed = {}, {}, {}
local finished = { completed = {}, failed = {} }
local targets = { completed = KEYS[11], failed = KEYS[12] }
local ways = {}

local function store_finished()
  for state, pairs_to_add in next, finished do
    if #pairs_to_add > 0 then
      finished[state] = {}
      call('ZADD', targets[state], unpack(pairs_to_add))
    end
  end
end

-- The same for most jobs of a call, so it is read and checked once.
local function way_of(packed)
  local way = ways[packed]
  if not way then
    way = cmsgpack.unpack(packed)
    if type(way) ~= 'table' or type(way[1]) ~= 'table' or type(way[1].keepJobs) ~= 'table'
      or way[4] and type(way[4]) ~= 'table' then
      error('the fourth value of a job must be a packed array that begins with a map with keepJobs')
    end
    ways[packed] = way
  end
  return way
end

local function finish(at, owner)
  local way = way_of(ARGV[at + 3])
  local id, token, result = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local completed, patch = way[2], way[4]
  local job_key, state = prefix .. id, completed and 'completed' or 'failed'
  local field_count = call('HLEN', job_key)
  if field_count == 0 then
    return -1
  end
  if completed and have_children
    and call('EXISTS', job_key .. ':dependencies', job_key .. ':unsuccessful') > 0 then
    return call('EXISTS', job_key .. ':dependencies') == 1 and -4 or -9
  end
  if token ~= '0' then
    if owner ~= token or is_freed[id] then
      return owner and not is_freed[id] and -6 or -2
    end
    freed_locks[#freed_locks + 1] = job_key .. ':lock'
    freed_ids[#freed_ids + 1] = id
    is_freed[id] = true
  end
  if call('LREM', active, '-1', id) == 0 then
    if patch then
      call('HSET', job_key, unpack(patch))
    end
    return -3
  end

  local parent_key, dedup_id, attempts = nil, nil, '1'
  if field_count ~= 8 then
    local job = call('HMGET', job_key, 'parentKey', 'deid', 'atm')
    parent_key, dedup_id, attempts = job[1], job[2], job[3] and job[3] + 1 or '1'
  end
  --- include settle-relatives

  local keep, max_attempts = way[1].keepJobs, way[1].attempts
  local field = completed and 'returnvalue' or 'failedReason'
  if keep.count == 0 then
    --- include drop-finished
  else
    local list = finished[state]
    list[#list + 1], list[#list + 2] = now, id
    --- include store-outcome
    if keep.age or keep.count and keep.count > 0 then
      store_finished()
      --- include trim-finished
      trim_finished(targets[state], keep, now)
    end
  end
  local metrics = completed and KEYS[13] or KEYS[14]
  --- include announce-finish
  return 0
end

--- include take-many
--- include guarded
local replies, count, quiet = {}, 0, false
for at = FIRST, #ARGV, PER_JOB do
  local reply
  local code = guarded(finish, at, owners[(at - FIRST) / PER_JOB + 1])
  if code == 0 then
    worker.token = ARGV[at + 1]
    reply = ways[ARGV[at + 3]][3] and guarded(take)
    quiet = not reply
  end
  replies[count + 1], replies[count + 2] = code, reply or 0
  count = count + 2
end

store_finished()
if #freed_ids > 0 then
  call('DEL', unpack(freed_locks))
  guarded(call, 'SREM', stalled, unpack(freed_ids))
end
wake_next()
if quiet and call('EXISTS', wait, active, prioritized) == 0 then
  call('XADD', events, '*', 'event', 'drained')
end
return replies
