-- When a scheduler that runs every so many ms runs next, and its offset: how far its slots lie behind the
-- multiples of `every`. `last` is the time of its newest iteration. Missed slots are left out.
local function next_slot(last, every, now, offset, start)
  local slot = math.floor(now / every) * every + offset
  if slot <= now then
    slot = slot + every
  end
  local millis
  if last then
    millis = last + every
    if millis < now then
      millis = slot
    end
  elseif start then
    millis = math.max(start, now)
  else
    millis = offset > 0 and slot or now
  end
  if offset == 0 then
    offset = millis % every
  end
  return math.floor(millis), math.floor(offset)
end
