-- Lets a parent wait for a child no longer.
--
-- KEYS (1)   1 prefix of the child (unused)
-- ARGV       1 child key, 2 parent key
-- Returns    0 done, 1 the parent does not wait for it; -1 child missing, -5 parent missing
-- Events     [waiting] in the parent's queue
local call = redis.call
local child_key, parent_key = ARGV[1], ARGV[2]
--- include detach-child
--- include parent-address
--- include split-job-key

if call('EXISTS', child_key) == 0 then
  return -1
end
if call('EXISTS', parent_key) == 0 then
  return -5
end
local stored = call('HMGET', child_key, 'parentKey', 'parent')
local queue, id
if stored[1] == parent_key then
  queue, id = parent_address(parent_key, stored[2])
else
  queue, id = split_job_key(parent_key)
end
if not detach_child(child_key, parent_key, queue, id) then
  return 1
end
call('HDEL', child_key, 'parentKey', 'parent')
return 0
