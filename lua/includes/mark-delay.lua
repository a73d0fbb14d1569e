-- DMARK: tells the workers when the earliest delayed job is due.
local function mark_delay(marker_key, delayed_key)
  local score = call('ZRANGE', delayed_key, '0', '0', 'WITHSCORES')[2]
  if score then
    call('ZADD', marker_key, score / 4096, '1')
  end
end
