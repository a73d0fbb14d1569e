-- Counts waiting jobs by priority.
--
-- KEYS (2)   1 wait, 2 prioritized
-- ARGV       priorities
-- Returns    a number for each priority
local call = redis.call

local counts = {}
for i = 1, #ARGV do
  local priority = tonumber(ARGV[i])
  if priority == 0 then
    counts[i] = call('LLEN', KEYS[1])
  else
    local lowest = priority * 4294967296
    counts[i] = call('ZCOUNT', KEYS[2], lowest, lowest + 4294967295)
  end
end
return counts
