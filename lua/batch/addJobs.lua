-- Adds many jobs that have neither parent nor deduplication. Every job has the effects and events of
-- its own add command, in order; the marker is set once.
--
-- KEYS (9)   1 wait, 2 active, 3 prioritized, 4 delayed, 5 events, 6 meta, 7 id, 8 pc, 9 marker
-- ARGV       1 prefix, then for each job seven: custom id or '', name, data (JSON), options (JSON, short
--            names), timestamp ms, delay ms, priority or `lifo`
-- Returns    an id for each job: new, or that of the job that has the custom id already; or an error reply
-- Events     added and waiting or delayed, for each job; duplicated for a custom id that exists
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local wait, active, prioritized, delayed, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local meta, counter, pc, marker, prefix = KEYS[6], KEYS[7], KEYS[8], KEYS[9], ARGV[1]
local PER_JOB, FIRST = 7, 2
if (#ARGV - FIRST + 1) % PER_JOB ~= 0 then
  return redis.error_reply('ERR addJobs takes seven values for each job')
end

local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
local max_len, paused, concurrency = settings[1], settings[2], settings[3]
--- include max-events
--- include enqueue-prioritized
--- include waiting-list
--- include guarded
local jobs = (#ARGV - FIRST + 1) / PER_JOB
local last_id = call('INCRBY', counter, jobs)
local ids, tail, tail_places, available, later = {}, {}, {}, false, false

-- Where they cannot be pushed, that is the answer for each of them.
local function push_tail()
  if #tail > 0 then
    local pushed = guarded(call, 'LPUSH', list, unpack(tail))
    if type(pushed) == 'table' then
      for i = 1, #tail_places do
        ids[tail_places[i]] = pushed
      end
    end
    tail, tail_places = {}, {}
  end
end

local function enqueue(place, id, timestamp, delay, priority)
  if delay > 0 then
    --- include enqueue-delayed
    later = true
    return
  end
  available = true
  if priority == '0' then
    tail[#tail + 1] = id
    tail_places[#tail] = place
    if #tail == 5000 then
      push_tail()
    end
  elseif priority == 'lifo' then
    push_tail()
    call('RPUSH', list, id)
  else
    enqueue_prioritized(prioritized, pc, id, tonumber(priority))
  end
  call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'waiting', 'jobId', id)
end

local function add(place)
  local at = FIRST + (place - 1) * PER_JOB
  local id, name, priority = ARGV[at], ARGV[at + 1], ARGV[at + 6]
  local timestamp, delay = ARGV[at + 4], tonumber(ARGV[at + 5])
  if not delay or not tonumber(timestamp) or priority ~= 'lifo' and not tonumber(priority) then
    error('time, delay and priority of a job must be numbers')
  end
  if id ~= '' and call('EXISTS', prefix .. id) == 1 then
    call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'duplicated', 'jobId', id)
    return id
  end
  id = id ~= '' and id or string.format('%.0f', last_id - jobs + place)
  call('HSET', prefix .. id, 'name', name, 'data', ARGV[at + 2], 'opts', ARGV[at + 3], 'timestamp',
    timestamp, 'delay', ARGV[at + 5], 'priority', priority == 'lifo' and '0' or priority)
  call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', name)
  enqueue(place, id, timestamp, delay, priority)
  return id
end

for place = 1, jobs do
  -- A push that failed has answered already for some.
  local id = guarded(add, place)
  ids[place] = ids[place] or id
end

push_tail()
if available then
  --- include gate
  if not closed then
    guarded(call, 'ZADD', marker, '0', '0')
  end
end
local function mark()
  --- include mark-delay
end
if later then
  guarded(mark)
end
return ids
