-- Block. GATE: closed is true when workers may take nothing, because the queue is paused or has as
-- many active jobs as its global concurrency allows.
-- Uses: paused, concurrency (read from meta), active. Defines: closed.
local closed = paused or concurrency and call('LLEN', active) >= tonumber(concurrency)
