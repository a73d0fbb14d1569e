-- LIMIT-TTL: ms for which no job may start because `max` have started in the current window, or 0.
-- A counter without expiry limits nothing.
local function rate_limit_ttl(max, limiter_key)
  local started = tonumber(call('GET', limiter_key) or 0)
  if started < tonumber(max) then
    return 0
  end
  local ttl = call('PTTL', limiter_key)
  if ttl == 0 then
    call('DEL', limiter_key)
  end
  return ttl > 0 and ttl or 0
end
