-- Reads many job schedulers in the order of their next iterations.
--
-- KEYS (1)   1 repeat
-- ARGV       1 first index, 2 last index, both as ZRANGE has them, 3 `asc` or `desc`
-- Returns    {id, ms of its newest iteration, fields, ...}; no fields when the scheduler's hash is gone
local call = redis.call
local repeat_key = KEYS[1]

local read = ARGV[3] == 'asc' and 'ZRANGE' or 'ZREVRANGE'
local found = call(read, repeat_key, ARGV[1], ARGV[2], 'WITHSCORES')
local schedulers, size = {}, 0
for i = 1, #found, 2 do
  schedulers[size + 1], schedulers[size + 2] = found[i], found[i + 1]
  schedulers[size + 3] = call('HGETALL', repeat_key .. ':' .. found[i])
  size = size + 3
end
return schedulers
