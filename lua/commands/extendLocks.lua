-- Renews the locks of many jobs.
--
-- KEYS (1)   1 stalled
-- ARGV       1 prefix, 2 packed array of tokens, 3 packed array of job ids, 4 duration ms
-- Returns    the ids whose lock is gone or another worker's
local call = redis.call
local prefix, duration = ARGV[1], ARGV[4]
if tonumber(duration) <= 0 then
  return redis.error_reply('ERR invalid expire time of locks: ' .. duration)
end
local tokens, ids = cmsgpack.unpack(ARGV[2]), cmsgpack.unpack(ARGV[3])
local lost = {}
for from = 1, #ids, 7000 do
  local locks, kept = {}, {}
  for i = from, math.min(from + 6999, #ids) do
    locks[#locks + 1] = prefix .. ids[i] .. ':lock'
  end
  local owners = call('MGET', unpack(locks))
  for i = 1, #locks do
    local id = ids[from + i - 1]
    if owners[i] == tokens[from + i - 1] then
      call('PEXPIRE', locks[i], duration)
      kept[#kept + 1] = id
    else
      lost[#lost + 1] = id
    end
  end
  if #kept > 0 then
    call('SREM', KEYS[1], unpack(kept))
  end
end
return lost
