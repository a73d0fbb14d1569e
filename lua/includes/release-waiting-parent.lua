--- include release-parent

-- RELEASE-IF-WC: releases a parent that is in `waiting-children` and still has its hash.
local function release_waiting_parent(queue, parent_key, id, timestamp)
  if call('EXISTS', parent_key) == 1 and call('ZREM', queue .. ':waiting-children', id) == 1 then
    release_parent(queue, parent_key, id, timestamp)
  end
end
