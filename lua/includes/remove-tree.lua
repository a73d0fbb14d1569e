--- include delete-job
--- include detach-child
--- include parent-address
--- include split-job-key
--- include take-from-state

local remove_children
local max_lens = {}

local function announce_removal(prefix, id, state)
  local meta, max_len = prefix .. 'meta', max_lens[prefix]
  if not max_len then
    max_len = call('HGET', meta, 'opts.maxLenEvents')
    --- include max-events
    max_lens[prefix] = max_len
  end
  call('XADD', prefix .. 'events', 'MAXLEN', '~', max_len, '*', 'event', 'removed', 'jobId', id,
    'prev', state)
end

-- Removes a job wherever it is. `parent_key`, `queue` and `parent_id` name the parent that is being removed
-- with it; without them the job's own parent waits for it no longer.
-- `rules`: `with_children` removes its children first; `spare` leaves jobs alone that are locked or failed,
-- and children that are done.
local function remove_tree(prefix, id, rules, parent_key, queue, parent_id)
  local job_key = prefix .. id
  if rules.spare and (call('EXISTS', job_key .. ':lock') == 1 or call('ZSCORE', prefix .. 'failed', id)) then
    return
  end
  local job = call('HMGET', job_key, 'deid', 'parentKey', 'parent')
  if parent_key then
    detach_child(job_key, parent_key, queue, parent_id)
  elseif job[2] and call('EXISTS', job[2]) == 1 then
    detach_child(job_key, job[2], parent_address(job[2], job[3]))
  end
  if rules.with_children then
    remove_children(prefix, id, rules)
  end

  local state = take_from_state(prefix, id)
  local owner_key = job[1] and prefix .. 'de:' .. job[1]
  if owner_key and call('GET', owner_key) == id then
    call('DEL', owner_key, prefix .. 'dn:' .. job[1])
  end
  if delete_job(job_key) > 0 then
    announce_removal(prefix, id, state)
  end
end

function remove_children(prefix, id, rules)
  local job_key, parent_queue = prefix .. id, prefix:sub(1, -2)
  local function remove(child_keys)
    for i = 1, #child_keys do
      local queue, child_id = split_job_key(child_keys[i])
      remove_tree(queue .. ':', child_id, rules, job_key, parent_queue, id)
    end
  end
  if not rules.spare then
    remove(call('HKEYS', job_key .. ':processed'))
    remove(call('HKEYS', job_key .. ':failed'))
    remove(call('ZRANGE', job_key .. ':unsuccessful', '0', '-1'))
  end
  remove(call('SMEMBERS', job_key .. ':dependencies'))
end
