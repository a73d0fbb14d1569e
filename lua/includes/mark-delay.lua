-- Block. DMARK: tells the workers when the earliest delayed job is due.
-- Uses: delayed, marker.
local first = call('ZRANGE', delayed, '0', '0', 'WITHSCORES')[2]
if first then
  call('ZADD', marker, first / 4096, '1')
end
