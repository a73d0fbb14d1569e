-- ENQ-DELAY without the marker: puts a job into `delayed` and announces when it is due. Its score is
-- the due time times 4096, plus its turn inside that millisecond.
-- Returns the due time as text when no other job is delayed.
local function enqueue_delayed(delayed_key, events_key, max_len, id, timestamp, delay)
  local due = delay > 0 and timestamp + delay or timestamp + 0
  local score = due * 4096
  local latest = call('ZREVRANGE', delayed_key, '0', '0', 'WITHSCORES')[2]
  if latest and tonumber(latest) >= score then
    local highest = score + 4095
    local rival = call('ZREVRANGEBYSCORE', delayed_key, highest, score, 'WITHSCORES',
      'LIMIT', '0', '1')[2]
    score = rival and math.min(tonumber(rival) + 1, highest) or score
  end
  -- Whole numbers of this size are exact in Lua's own notation, which is cheaper.
  local due_text = due % 1 == 0 and due < 1e14 and due .. '' or string.format('%.17g', due)
  call('ZADD', delayed_key, score, id)
  call('XADD', events_key, 'MAXLEN', '~', max_len, '*',
    'event', 'delayed', 'jobId', id, 'delay', due_text)
  return not latest and due_text
end
