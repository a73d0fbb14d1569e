-- Deletes jobs that no state of the queue holds.
--
-- KEYS (1)   1 prefix
-- ARGV       n, then the names of the n keys that may hold ids; m, then the m sub-keys of a job;
--            candidate ids
-- Returns    the number of jobs deleted
local call, ARGV = redis.call, ARGV
local prefix = KEYS[1]
local sub_keys_at = tonumber(ARGV[1]) + 2
local candidates_at = sub_keys_at + tonumber(ARGV[sub_keys_at]) + 1
-- Keys of the queue that can be taken for a job with a sub-key, such as `metrics:failed`.
local not_jobs = { metrics = true, dn = true, priority = true }

local function in_set(key, ids, from, to)
  local scores = call('ZMSCORE', key, unpack(ids, from, to))
  return function(i) return scores[i - from + 1] end
end

local function in_plain_set(key, ids, from, to)
  local found = call('SMISMEMBER', key, unpack(ids, from, to))
  return function(i) return found[i - from + 1] == 1 end
end

-- A list is searched for a few ids, and read once for many.
local function in_list(key, ids, from, to)
  if to - from < 30 then
    return function(i) return call('LPOS', key, ids[i]) end
  end
  local held = {}
  for first = 0, call('LLEN', key) - 1, 7000 do
    local slice = call('LRANGE', key, first, first + 6999)
    for i = 1, #slice do
      held[slice[i]] = true
    end
  end
  return function(i) return held[ids[i]] end
end

-- The ids that the key does not hold.
local function not_held(ids, key, look_up)
  local left = {}
  for from = 1, #ids, 7000 do
    local to = math.min(from + 6999, #ids)
    local is_held = look_up(key, ids, from, to)
    for i = from, to do
      if not is_held(i) then
        left[#left + 1] = ids[i]
      end
    end
  end
  return left
end

local function delete_with_sub_keys(id)
  local keys = { prefix .. id }
  for i = sub_keys_at + 1, candidates_at - 1 do
    keys[#keys + 1] = prefix .. id .. ':' .. ARGV[i]
  end
  call('DEL', unpack(keys))
end

local orphans = {}
for i = candidates_at, #ARGV do
  if not not_jobs[ARGV[i]] then
    orphans[#orphans + 1] = ARGV[i]
  end
end
-- Lists last: they are the slow ones, and few candidates are left for them.
local look_ups = { { 'zset', in_set }, { 'set', in_plain_set }, { 'list', in_list } }
local types = {}
for i = 2, sub_keys_at - 1 do
  types[i] = call('TYPE', prefix .. ARGV[i]).ok
end
for step = 1, #look_ups do
  local key_type, look_up = unpack(look_ups[step])
  for i = 2, sub_keys_at - 1 do
    if types[i] == key_type then
      orphans = not_held(orphans, prefix .. ARGV[i], look_up)
    end
  end
end
for i = 1, #orphans do
  delete_with_sub_keys(orphans[i])
end
return #orphans
