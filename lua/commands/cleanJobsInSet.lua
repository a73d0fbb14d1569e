-- Removes jobs of a state that are older than a time.
--
-- KEYS (3)   1 list or set of the state, 2 events, 3 repeat
-- ARGV       1 prefix, 2 ms of the youngest to remove, 3 number of jobs to look at in this call, 0 = all,
--            4 state, 5 (not in BullMQ) number of jobs to pass over: those that earlier calls kept
-- Returns    the ids removed; with ARGV[5] the number of jobs looked at before them
-- Events     cleaned; with ARGV[5] not from a later call that removed nothing
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local key, schedulers, prefix, newest = KEYS[1], KEYS[3], ARGV[1], tonumber(ARGV[2])
local limit, state, passed_over = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5] or '0')
local is_list = state == 'wait' or state == 'paused' or state == 'active'
-- Which of finishedOn, processedOn and timestamp tells the age, beginning from the first that counts. In
-- the sets of finished jobs the score does.
local first_time = { delayed = 2, prioritized = 3 }
local by_score = not is_list and not first_time[state]
--- include current-iteration
--- include remove-job

local function candidates()
  if is_list then
    return call('LRANGE', key, limit > 0 and -(passed_over + limit) or '0', -(passed_over + 1))
  end
  return call('ZRANGEBYSCORE', key, '0', by_score and ARGV[2] or '+inf', 'LIMIT', passed_over,
    limit > 0 and limit or '-1')
end

-- The first fields are those that remove_job asks for.
local function read_job(id)
  if by_score then
    return call('HMGET', prefix .. id, 'parentKey', 'parent', 'deid')
  end
  return call('HMGET', prefix .. id, 'parentKey', 'parent', 'deid', 'rjk', 'finishedOn', 'processedOn',
    'timestamp')
end

local function is_old(job)
  for i = first_time[state] or 1, 3 do
    if job[4 + i] then
      return tonumber(job[4 + i]) <= newest
    end
  end
  return true
end

local function may_go(id, job)
  return by_score or is_old(job) and not is_current_iteration(schedulers, job[4], id)
    and not (state == 'active' and call('EXISTS', prefix .. id .. ':lock') == 1)
end

-- Takes the removed ones out. In a list they stood, with those kept, before those passed over at its end.
local function shorten(looked_at, removed, kept)
  if #removed == 0 then
    return
  end
  local ids, command = removed, 'ZREM'
  if is_list then
    local last = passed_over > 0 and call('LRANGE', key, -passed_over, '-1') or {}
    call('LTRIM', key, '0', -(passed_over + looked_at + 1))
    ids, command = kept, 'RPUSH'
    for i = 1, #last do
      kept[#kept + 1] = last[i]
    end
  end
  for from = 1, #ids, 7000 do
    call(command, key, unpack(ids, from, math.min(from + 6999, #ids)))
  end
end

local ids, removed, kept = candidates(), {}, {}
for i = 1, #ids do
  local id = ids[i]
  local job = read_job(id)
  if may_go(id, job) then
    remove_job(prefix, id, job)
    removed[#removed + 1] = id
  else
    kept[#kept + 1] = id
  end
end
shorten(#ids, removed, kept)
if #removed > 0 or passed_over == 0 then
  call('XADD', KEYS[2], '*', 'event', 'cleaned', 'count', #removed)
end
if not ARGV[5] then
  return removed
end
local reply = { #ids }
for i = 1, #removed do
  reply[i + 1] = removed[i]
end
return reply
