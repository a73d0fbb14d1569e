-- Counts the children of a job.
--
-- KEYS (4)   1 processed, 2 dependencies, 3 failed, 4 unsuccessful of the job
-- ARGV       kinds: `processed`, `unprocessed`, `ignored` or `failed`
-- Returns    a number for each kind
local call = redis.call
local counters = {
  processed = { 'HLEN', KEYS[1] },
  unprocessed = { 'SCARD', KEYS[2] },
  ignored = { 'HLEN', KEYS[3] },
  failed = { 'ZCARD', KEYS[4] },
}

local counts = {}
for i = 1, #ARGV do
  local counter = counters[ARGV[i]] or counters.failed
  counts[i] = call(counter[1], counter[2])
end
return counts
