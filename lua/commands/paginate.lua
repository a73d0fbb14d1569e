-- Reads a page of a set or a hash, in the order of its scan. The page may take several calls: repeat with
-- the index behind the items got so far, and with the cursor and offset returned, until the page is full or
-- the cursor is 0.
--
-- KEYS (1)   1 set or hash
-- ARGV       1 first index, 2 last index (-1 = to the end), 3 cursor (first `0`), 4 entries already
--            passed, 5 number of scans in this call, 6 given = also read each entry as a job key
-- Returns    {cursor, entries passed, members or {field, value}, number of all entries, jobs}
local call = redis.call
local key, first, last = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local cursor, offset = ARGV[3], tonumber(ARGV[4])
local kinds = { set = { 'SCARD', 'SSCAN', 1 }, hash = { 'HLEN', 'HSCAN', 2 } }

local kind_name = call('TYPE', key).ok
if kind_name == 'none' then
  return { 0, 0, {}, 0 }
end
local kind = kinds[kind_name]
if not kind then
  return redis.error_reply('Pagination is only supported for sets and hashes.')
end
local total, scan, step = call(kind[1], key), kind[2], kind[3]
local past = (last == -1 and total or last) + 1
local items, jobs = {}, {}

-- Takes what the page has of a chunk; true when the page ends in it.
local function collect(chunk)
  local size = #chunk / step
  if offset + size < first then
    offset = offset + size
    return false
  end
  for i = 1, #chunk, step do
    if offset >= past then
      return true
    end
    if offset >= first then
      items[#items + 1] = step == 1 and chunk[i] or { chunk[i], chunk[i + 1] }
      if ARGV[6] then
        jobs[#jobs + 1] = call('HGETALL', chunk[i])
      end
    end
    offset = offset + 1
  end
  return false
end

for _ = 1, tonumber(ARGV[5]) do
  local found = call(scan, key, cursor, 'COUNT', '100')
  cursor = found[1]
  if #found[2] == 0 or collect(found[2]) or cursor == '0' then
    break
  end
end
return { cursor, offset, items, total, jobs }
