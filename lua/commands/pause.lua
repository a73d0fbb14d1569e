-- Pauses or resumes the queue. Jobs stay where they are, unless BullMQ 5 takes part, which keeps them in
-- `paused` and overwrites `wait`; a paused queue has no marker.
--
-- KEYS (7)   1 source list, 2 destination list, 3 meta, 4 prioritized, 5 events, 6 delayed, 7 marker
--            (to pause: wait, paused; to resume: paused, wait)
-- ARGV       1 `paused` or `resumed`, 2 `0` = no event
-- Returns    ids still in the list `paused`, which BullMQ 5 filled; resume again until it is 0
-- Events     paused | resumed
local call = redis.call
local meta, delayed, marker, left = KEYS[3], KEYS[6], KEYS[7], 0

-- Jobs that BullMQ 5 set aside go in front of those that wait, in their order, 7000 at most.
local function drain_paused_list(paused, wait)
  if call('EXISTS', paused) == 0 then
    return 0
  end
  if call('EXISTS', wait) == 0 then
    call('RENAME', paused, wait)
    return 0
  end
  local ids = call('LRANGE', paused, '0', '6999')
  call('RPUSH', wait, unpack(ids))
  call('LTRIM', paused, #ids, '-1')
  return call('LLEN', paused)
end

-- What waits goes behind what is set aside already, 7000 at most.
local function set_aside(wait, paused)
  if call('EXISTS', paused) == 0 then
    local version = call('EXISTS', wait) == 1 and call('HGET', meta, 'version')
    if version and version:sub(1, 8) == 'bullmq:5' then
      call('RENAME', wait, paused)
    end
    return
  end
  local ids = call('LRANGE', wait, '-7000', '-1')
  if #ids > 0 then
    call('LTRIM', wait, '0', -#ids - 1)
    local backwards = {}
    for i = 1, #ids do
      backwards[i] = ids[#ids + 1 - i]
    end
    call('LPUSH', paused, unpack(backwards))
  end
end

if ARGV[1] == 'paused' then
  call('HSET', meta, 'paused', '1')
  call('DEL', marker)
  set_aside(KEYS[1], KEYS[2])
else
  call('HDEL', meta, 'paused')
  left = drain_paused_list(KEYS[1], KEYS[2])
  if call('EXISTS', KEYS[2], KEYS[4]) > 0 then
    call('ZADD', marker, '0', '0')
  else
    --- include mark-delay
  end
end
if ARGV[2] ~= '0' then
  call('XADD', KEYS[5], '*', 'event', ARGV[1])
end
return left
