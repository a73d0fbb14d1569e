-- Reads jobs by state. Ids whose job is gone are skipped; what they leave open is filled up from behind.
--
-- KEYS (1)   1 prefix
-- ARGV       1 first index, 2 last index (-1 = to the end), 3 `1` = oldest first,
--            4 number of slices to read at most, then key names of states
-- Returns    an array of {id, fields} for each state
local call = redis.call
local prefix, first, last, ascending = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local max_slices = tonumber(ARGV[4])
--- include ids-in-state

local function slice(state, from, to)
  local ids = ids_in_state(prefix .. state, state, from, to, ascending)
  if ascending and is_list[state] then
    for i = 1, math.floor(#ids / 2) do
      ids[i], ids[#ids + 1 - i] = ids[#ids + 1 - i], ids[i]
    end
  end
  return ids
end

-- Appends the jobs of the ids until there are `wanted`.
local function read_jobs(jobs, ids, wanted)
  for i = 1, #ids do
    if #jobs == wanted then
      return
    end
    local fields = call('HGETALL', prefix .. ids[i])
    if #fields > 0 then
      jobs[#jobs + 1] = { ids[i], fields }
    end
  end
end

local function jobs_in_state(state)
  local jobs = {}
  if first < 0 or last < 0 then
    read_jobs(jobs, slice(state, first, last))
    return jobs
  end
  local wanted, from = last - first + 1, first
  for _ = 1, max_slices do
    local ids = #jobs < wanted and slice(state, from, from + wanted - 1) or {}
    if #ids == 0 then
      break
    end
    read_jobs(jobs, ids, wanted)
    from = from + #ids
  end
  return jobs
end

local found = {}
for i = 5, #ARGV do
  found[i - 4] = jobs_in_state(ARGV[i])
end
return found
