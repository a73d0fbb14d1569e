-- Block. FETCH for many: `take` takes the next job for worker.token and returns its reply as fetch-job
-- does, the fields packed; `wake_next` comes after the last of them. Without limits nothing has to be
-- looked at again for each job: what is due is promoted once, and the marker is set once.
-- Uses and defines what fetch-job uses; paused, concurrency, max and window as read from meta.
-- A number is printed for each command that gets it; the text is printed once.
local lock_duration = worker.lockDuration .. ''
local worker_limit, worker_name = worker.limiter, worker.name
local looked, earliest, activated, no_delays = false, nil, false, false
local function take_unlimited()
  if not looked then
    looked = true
    earliest = call('ZRANGE', delayed, '0', '0', 'WITHSCORES')[2]
    if earliest and tonumber(earliest) < (now + 1) * 4096 then
      --- include promote-due
      promote_due(now, false)
    end
  end
  local next_id = call('RPOPLPUSH', wait, active)
  while next_id and next_id:byte() == 48 and next_id:sub(1, 2) == '0:' do
    call('LREM', active, '1', next_id)
    next_id = call('RPOPLPUSH', wait, active)
  end
  if not next_id then
    next_id = call('ZPOPMIN', prioritized)[1]
    if not next_id then
      call('DEL', pc)
      -- A parent released with a delay, or a job requeued with one, may have come meanwhile.
      earliest = call('ZRANGE', delayed, '0', '0', 'WITHSCORES')[2]
      return earliest and { 0, 0, 0, earliest / 4096 }
    end
    call('LPUSH', active, next_id)
  end
  activated = true
  local reply, worker_token = nil, worker.token
  --- include activate-job
  return reply
end

local function take_limited()
  local worker_token = worker.token
  --- include fetch-job
  return reply
end

local take_one = (paused or concurrency or max or worker.limiter) and take_limited or take_unlimited

-- A hash costs less as one packed text than as an array of the reply.
local function take()
  local reply = take_one()
  if reply and reply[1] ~= 0 then
    reply[1] = cmsgpack.pack(reply[1])
  end
  return reply
end

local function wake_next()
  if activated and call('EXISTS', wait, prioritized, delayed) > 0 then
    call('ZADD', marker, '0', '0')
  end
end
