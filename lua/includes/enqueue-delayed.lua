-- Block. ENQ-DELAY without the marker: puts a job into `delayed` and announces when it is due. Its score
-- is the due time times 4096, plus its turn inside that millisecond.
-- Uses: delayed, events, max_len, id, timestamp, delay (a number).
local due = delay > 0 and timestamp + delay or timestamp + 0
local lowest = due * 4096
local score, highest = lowest, lowest + 4095
if due % 1 == 0 and lowest < 9007199254740992 then
  due, score = string.format('%d', due), string.format('%d', lowest)
end
if call('ZCOUNT', delayed, score, '+inf') > 0 then
  local rival = call('ZREVRANGEBYSCORE', delayed, highest, score, 'WITHSCORES', 'LIMIT', '0', '1')[2]
  if rival then
    score = math.min(tonumber(rival) + 1, highest)
  end
end
call('ZADD', delayed, score, id)
call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'delayed', 'jobId', id, 'delay', due)
