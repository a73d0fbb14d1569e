-- Block. What the end of a job means for the job that its deduplication kept aside, and for its parent.
-- Uses: dedup_id, parent_key, job_key, id, now, completed, result; what requeue-last uses.
-- Defines: parent_queue, parent_id.
if dedup_id then
  --- include requeue-last
  release_deduplication(dedup_id, id)
  requeue_last(dedup_id, now, max_len, paused, concurrency)
end
local parent_queue, parent_id
if parent_key then
  --- include parent-address
  --- include finish-child
  local parent
  parent_queue, parent_id, parent = parent_address(parent_key, call('HGET', job_key, 'parent'))
  if completed then
    complete_child(parent_queue, parent_key, parent_id, job_key, result, now)
  elseif parent then
    fail_child(parent, job_key, result, now)
  end
end
