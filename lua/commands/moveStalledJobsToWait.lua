-- Gives jobs whose worker has vanished back to the queue: those that were active at the check before
-- this one and hold no lock now.
--
-- KEYS (9)   1 stalled, 2 wait, 3 active, 4 stalled-check, 5 meta, 6 paused (unused), 7 marker,
--            8 events, 9 repeat
-- ARGV       1 largest allowed stall count, 2 prefix, 3 now ms, 4 ms during which no other check runs
-- Returns    the ids given back
-- Events     waiting, stalled, of each
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local stalled, wait, active, meta, events = KEYS[1], KEYS[2], KEYS[3], KEYS[5], KEYS[8]
local max_stalls, prefix = tonumber(ARGV[1]), ARGV[2]

-- The job of a scheduler is never failed for stalling: the chain of its jobs would end.
local function is_scheduled(scheduler)
  return scheduler and (call('EXISTS', KEYS[9] .. ':' .. scheduler) == 1
    or call('ZSCORE', KEYS[9], scheduler))
end

local function count_stall(job_key)
  local job = call('HMGET', job_key, 'stc', 'rjk')
  local stalls = (job[1] or 0) + 1
  if stalls > max_stalls and not is_scheduled(job[2]) then
    call('HSET', job_key, 'stc', stalls, 'defa', 'job stalled more than allowable limit')
  else
    call('HSET', job_key, 'stc', stalls)
  end
end

if not call('SET', KEYS[4], ARGV[3], 'PX', ARGV[4], 'NX') then
  return {}
end
local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
local max_len, paused, concurrency = settings[1], settings[2], settings[3]
--- include max-events
local recovered = {}
local suspects = call('SMEMBERS', stalled)
if #suspects > 0 then
  call('DEL', stalled)
end
--- include waiting-list
for i = 1, #suspects do
  local id = suspects[i]
  local job_key = prefix .. id
  if id:sub(1, 2) == '0:' then
    call('LREM', active, '1', id)
  elseif call('EXISTS', job_key .. ':lock') == 0 and call('LREM', active, '1', id) > 0 then
    count_stall(job_key)
    call('RPUSH', list, id)
    call('XADD', events, '*', 'event', 'waiting', 'jobId', id, 'prev', 'active')
    call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'stalled', 'jobId', id)
    recovered[#recovered + 1] = id
  end
end
if #recovered > 0 then
  --- include gate
  if not closed then
    call('ZADD', KEYS[7], '0', '0')
  end
end

local running = call('LRANGE', active, '0', '-1')
for i = 1, #running, 7000 do
  call('SADD', stalled, unpack(running, i, math.min(i + 6999, #running)))
end
return recovered
