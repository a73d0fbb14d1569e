-- The ids at the indexes `first` to `last` of a state, as its list or set has them. Ascending is oldest
-- first, which in a list, where the newest are at the head, means indexes that count from the tail.
local is_list = { wait = true, paused = true, active = true }
local function ids_in_state(key, state, first, last, ascending)
  if not is_list[state] then
    return call(ascending and 'ZRANGE' or 'ZREVRANGE', key, first, last)
  end
  if ascending then
    first, last = -1 - last, -1 - first
  end
  local ids = call('LRANGE', key, first, last)
  -- Queues of BullMQ 4 and older kept a marker, whose id begins with `0:`, at the tail.
  if #ids > 0 and ids[#ids]:sub(1, 2) == '0:' then
    ids[#ids] = nil
  end
  return ids
end
