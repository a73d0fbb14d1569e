-- Takes a job out of the state that it is in; returns the name of that state's key, or `unknown`.
local function take_from_state(prefix, id)
  local sets = { 'completed', 'waiting-children', 'delayed', 'failed', 'prioritized' }
  for i = 1, #sets do
    if call('ZREM', prefix .. sets[i], id) == 1 then
      return sets[i]
    end
  end
  local lists = { 'wait', 'paused', 'active' }
  for i = 1, #lists do
    if call('LREM', prefix .. lists[i], '1', id) == 1 then
      return lists[i]
    end
  end
  return 'unknown'
end
