-- Deletes a paused queue, a budget of jobs at a time.
--
-- KEYS (2)   1 meta, 2 prefix
-- ARGV       1 number of jobs to delete in this call, 2 `force` = active jobs too
-- Returns    0 done, 1 call again, -1 not paused, -2 jobs are active
local call = redis.call
local meta, prefix = KEYS[1], KEYS[2]
local budget, force = tonumber(ARGV[1]), ARGV[2] == 'force'
--- include remove-job

local function remove_jobs(ids)
  for i = 1, #ids do
    remove_job(prefix, ids[i])
  end
  budget = budget - #ids
end

-- Deletes jobs of the list from its head while the budget lasts.
local function empty_list(key)
  local ids = call('LRANGE', key, '0', budget - 1)
  if #ids > 0 then
    remove_jobs(ids)
    call('LTRIM', key, #ids, '-1')
  end
  return budget > 0
end

-- Deletes jobs of the sorted set from its lowest score while the budget lasts.
local function empty_set(key)
  local ids = call('ZRANGE', key, '0', budget - 1)
  if #ids > 0 then
    remove_jobs(ids)
    -- By id: a parent may have gone with its last child.
    for from = 1, #ids, 7000 do
      call('ZREM', key, unpack(ids, from, math.min(from + 6999, #ids)))
    end
  end
  return budget > 0
end

local function empty_schedulers(key)
  local ids = call('ZRANGE', key, '0', budget - 1)
  for i = 1, #ids do
    call('DEL', key .. ':' .. ids[i])
  end
  if #ids > 0 then
    call('ZREMRANGEBYRANK', key, '0', #ids - 1)
  end
  budget = budget - #ids
  return budget > 0
end

local function unlock_active(key)
  local ids = call('LRANGE', key, '0', budget - 1)
  for i = 1, #ids do
    call('DEL', prefix .. ids[i] .. ':lock')
  end
  return #ids > 0
end

if call('HEXISTS', meta, 'paused') == 0 then
  return -1
end
if not force and call('EXISTS', prefix .. 'active') == 1 then
  return -2
end
unlock_active(prefix .. 'active')
local done = empty_list(prefix .. 'active')
  and empty_set(prefix .. 'delayed')
  and empty_schedulers(prefix .. 'repeat')
  and empty_set(prefix .. 'completed')
  and empty_list(prefix .. 'wait')
  and empty_list(prefix .. 'paused')
  and empty_set(prefix .. 'prioritized')
  and empty_set(prefix .. 'failed')
  and empty_set(prefix .. 'waiting-children')
if not done then
  return 1
end
local rest = { 'events', 'delay', 'limiter', 'stalled-check', 'stalled', 'id', 'pc', 'marker', 'meta',
  'metrics:completed', 'metrics:completed:data', 'metrics:failed', 'metrics:failed:data' }
for i = 1, #rest do
  rest[i] = prefix .. rest[i]
end
call('DEL', unpack(rest))
return 0
