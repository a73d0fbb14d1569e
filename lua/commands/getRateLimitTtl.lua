-- How long the rate limit holds.
--
-- KEYS (2)   1 limiter, 2 meta
-- ARGV       1 jobs allowed in a window, or `0` for the queue's own limit
-- Returns    ms, 0 when no limit holds; without any limit the limiter's PTTL as it is
local call = redis.call
--- include rate-limit-ttl

local max = ARGV[1] ~= '0' and ARGV[1] or call('HGET', KEYS[2], 'max')
if max then
  return rate_limit_ttl(max, KEYS[1])
end
return call('PTTL', KEYS[1])
