-- METRICS: counts a finished job; with every new minute the counts of the minutes before are pushed
-- to the list of data points, of which `max_points` are kept.
local function collect_metrics(key, data_key, max_points, now)
  local stored = call('HMGET', key, 'count', 'prevTS', 'prevCount')
  local count = tonumber(stored[1] or 0)
  if not stored[2] then
    call('HSET', key, 'count', count + 1, 'prevTS', now, 'prevCount', '0')
    return
  end
  local minutes = math.min(math.floor(now / 60000) - math.floor(stored[2] / 60000), max_points)
  if minutes <= 0 then
    call('HSET', key, 'count', count + 1)
    return
  end
  call('LPUSH', data_key, count - tonumber(stored[3] or 0))
  -- Minutes in which nothing finished are newer than the count just pushed.
  for pushed = 1, minutes - 1, 7000 do
    local zeros = {}
    for i = 1, math.min(7000, minutes - pushed) do
      zeros[i] = '0'
    end
    call('LPUSH', data_key, unpack(zeros))
  end
  call('LTRIM', data_key, '0', max_points - 1)
  call('HSET', key, 'count', count + 1, 'prevTS', now, 'prevCount', count)
end
