-- Takes the next jobs for a worker that has several free slots. Every job has the effects and events of
-- its own moveToActive, in order.
--
-- KEYS (9)   1 wait, 2 active, 3 prioritized, 4 events, 5 limiter, 6 delayed, 7 meta, 8 pc, 9 marker
-- ARGV       1 prefix, 2 now ms, 3 packed map {lockDuration, limiter?, name?}, then a token for each job
-- Returns    the replies of moveToActive, the array of fields packed, up to and with the first that brings
--            no job; for a job that cannot be read an error reply
-- Events     those of moveToActive for each job
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local wait, active, prioritized, events, limiter = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local delayed, meta, pc, marker = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local prefix, now, worker = ARGV[1], ARGV[2], cmsgpack.unpack(ARGV[3])

local settings = call('HMGET', meta, 'paused', 'concurrency', 'max', 'duration')
local paused, concurrency, max, window = settings[1], settings[2], settings[3], settings[4]
--- include take-many
--- include guarded

local replies = {}
for at = 4, #ARGV do
  worker.token = ARGV[at]
  local reply = guarded(take) or { 0, 0, 0, 0 }
  replies[#replies + 1] = reply
  if reply[1] == 0 then
    break
  end
end
wake_next()
return replies
