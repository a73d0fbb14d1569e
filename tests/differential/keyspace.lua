-- Reads a whole database for the comparison: {key, type, ttl, value} of every key in order.
-- Simulated time alone lets keys expire: what is left of a time to live is rounded up to whole seconds,
-- which takes back the ms that really passed, and ARGV[1] ms are taken off first.
-- ARGV: 1 ms by which to age, 2 JSON object of stream key -> id of the last entry that was read
local call = redis.call
local aged, cursors = tonumber(ARGV[1]), cjson.decode(ARGV[2])

local function live_on(key)
  local ttl = call('PTTL', key)
  if ttl < 0 then
    return ttl
  end
  ttl = math.ceil(ttl / 1000) * 1000 - aged
  call('PEXPIRE', key, ttl)
  return ttl
end

local function sorted(members)
  table.sort(members)
  return members
end

local read = {
  string = function(key) return call('GET', key) end,
  list = function(key) return call('LRANGE', key, 0, -1) end,
  set = function(key) return sorted(call('SMEMBERS', key)) end,
  zset = function(key) return call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  hash = function(key) return call('HGETALL', key) end,
  stream = function(key)
    local last = cursors[key]
    return { call('XLEN', key), call('XRANGE', key, last and '(' .. last or '-', '+') }
  end,
}

local keys, found = sorted(call('KEYS', '*')), {}
for i = 1, #keys do
  local key = keys[i]
  local ttl = live_on(key)
  local kind = call('TYPE', key).ok
  if kind ~= 'none' then
    found[#found + 1] = { key, kind, ttl, read[kind](key) }
  end
end
return found
