-- Counts jobs by state.
--
-- KEYS (1)   1 prefix
-- ARGV       [cut-off ms: delayed jobs due before it are counted only], then key names of states
-- Returns    a number for each state
local call = redis.call
local prefix, cut_off = KEYS[1], tonumber(ARGV[1])
local counts = {}
for i = cut_off and 2 or 1, #ARGV do
  local state = ARGV[i]
  local key = prefix .. state
  local count
  if state == 'wait' or state == 'paused' or state == 'active' then
    count = call('LLEN', key)
  elseif state == 'delayed' and cut_off then
    count = call('ZCOUNT', key, '-inf', cut_off * 4096 - 1)
  else
    count = call('ZCARD', key)
  end
  counts[#counts + 1] = count
end
return counts
