-- The deduplication key of a job that has finished: given back, unless its time to live still runs
-- or another job owns it by now.
-- Uses the command's local prefix.
local function release_deduplication(dedup_id, id)
  local owner_key = prefix .. 'de:' .. dedup_id
  local ttl = call('PTTL', owner_key)
  if ttl == 0 or ttl == -1 and call('GET', owner_key) == id then
    call('DEL', owner_key)
  end
end
