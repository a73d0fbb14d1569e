-- Block. DMARK: tells the workers when the earliest delayed job is due.
-- Uses: delayed, marker.
local first = call('ZRANGE', delayed, '0', '0', 'WITHSCORES')[2]
if first then
  local first_due = first / 4096
  if first_due % 1 == 0 and first_due < 9007199254740992 then
    first_due = string.format('%d', first_due)
  end
  call('ZADD', marker, first_due, '1')
end
