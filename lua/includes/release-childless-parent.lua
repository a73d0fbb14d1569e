--- include release-waiting-parent

-- RELEASE-IF-NO-DEPS: releases a parent whose last pending child is gone.
local function release_childless_parent(queue, parent_key, id, timestamp)
  if call('EXISTS', parent_key .. ':dependencies') == 0 then
    release_waiting_parent(queue, parent_key, id, timestamp)
  end
end
