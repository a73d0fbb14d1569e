-- Removes a job.
--
-- KEYS (2)   1 job key, 2 repeat
-- ARGV       1 job id, 2 `1` = its children too, 3 prefix
-- Returns    1 done, 0 the job, or a child that is to go with it, is locked; -8 newest job of a scheduler
-- Events     [waiting of parents], removed
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local job_key, id, with_children = KEYS[1], ARGV[1], ARGV[2] == '1'
--- include current-iteration
--- include remove-tree

local function is_locked(key)
  if call('EXISTS', key .. ':lock') == 1 then
    return true
  end
  local pending = with_children and call('SMEMBERS', key .. ':dependencies') or {}
  for i = 1, #pending do
    if is_locked(pending[i]) then
      return true
    end
  end
  return false
end

if is_current_iteration(KEYS[2], call('HGET', job_key, 'rjk'), id) then
  return -8
end
if is_locked(job_key) then
  return 0
end
remove_tree(ARGV[3], id, { with_children = with_children })
return 1
