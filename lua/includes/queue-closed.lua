-- GATE: true when workers may take nothing, because the queue is paused or has as many active
-- jobs as its global concurrency allows. `paused` and `concurrency` are read from meta.
local function queue_closed(paused, concurrency, active_key)
  if paused then
    return true
  end
  return concurrency and call('LLEN', active_key) >= tonumber(concurrency)
end
