-- ENQ-PRIO without the marker: lower priorities first, in order of arrival inside one priority.
local function enqueue_prioritized(prioritized_key, counter_key, id, priority)
  local turn = call('INCR', counter_key) % 4294967296
  call('ZADD', prioritized_key, priority * 4294967296 + turn, id)
end
