-- Lists the ids of jobs by state.
--
-- KEYS (1)   1 prefix
-- ARGV       1 first index, 2 last index (-1 = to the end), 3 `1` = oldest first, then key names of states
-- Returns    an array of ids for each state; those of a list stand in its order, newest first, even where
--            the indexes count from the oldest
local call = redis.call
--- include ids-in-state

local first, last, ascending = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local ranges = {}
for i = 4, #ARGV do
  ranges[i - 3] = ids_in_state(KEYS[1] .. ARGV[i], ARGV[i], first, last, ascending)
end
return ranges
