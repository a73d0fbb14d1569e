-- Tells whether as many jobs are active as the queue's global concurrency allows.
--
-- KEYS (2)   1 meta, 2 active
-- Returns    1 yes, nil no
local call = redis.call

local concurrency = call('HGET', KEYS[1], 'concurrency')
return concurrency and call('LLEN', KEYS[2]) >= tonumber(concurrency) and 1 or nil
