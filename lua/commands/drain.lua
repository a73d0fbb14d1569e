-- Removes the jobs that wait, and the delayed ones where asked for. The newest job of a scheduler stays.
--
-- KEYS (5)   1 wait, 2 paused, 3 delayed, 4 prioritized, 5 repeat
-- ARGV       1 prefix, 2 `1` = delayed jobs too, 3 number of jobs to remove in this call; without it, all
-- Returns    nil; with ARGV[3] 1 call again, 0 done
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local prefix, with_delayed, budget = ARGV[1], ARGV[2] == '1', tonumber(ARGV[3])
--- include remove-job

local protected, protected_count = {}, 0
local schedulers = call('ZRANGE', KEYS[5], '0', '-1', 'WITHSCORES')
for i = 1, #schedulers, 2 do
  protected['repeat:' .. schedulers[i] .. ':' .. schedulers[i + 1]] = true
  protected_count = protected_count + 1
end

local function in_batches(command, key, ids)
  for from = 1, #ids, 7000 do
    call(command, key, unpack(ids, from, math.min(from + 6999, #ids)))
  end
end

-- Empties a list or set from its end, while the budget lasts; false when it did not last. Among the ids
-- read there is one to remove, unless only protected ones are left.
local function empty(key, is_list)
  local from = budget and -(budget + protected_count) or 0
  local ids, removed, kept = call(is_list and 'LRANGE' or 'ZRANGE', key, from, '-1'), {}, {}
  for i = 1, #ids do
    local list = protected[ids[i]] and kept or removed
    list[#list + 1] = ids[i]
  end
  for i = 1, #removed do
    remove_job(prefix, removed[i])
  end
  if not is_list then
    in_batches('ZREM', key, removed)
  elseif #removed > 0 then
    call('LTRIM', key, '0', -(#ids + 1))
    in_batches('RPUSH', key, kept)
  end
  if not budget then
    return true
  end
  budget = budget - #removed
  return budget > 0
end

local done = empty(KEYS[1], true)
  and empty(KEYS[2], true)
  and (not with_delayed or empty(KEYS[3], false))
  and empty(KEYS[4], false)
if ARGV[3] then
  return done and 0 or 1
end
