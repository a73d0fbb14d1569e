-- Block. Deletes a job that is not kept; the parent of one that failed waits for it no longer.
-- Uses: job_key, completed, parent_key, parent_queue, parent_id.
call('DEL', job_key, job_key .. ':logs', job_key .. ':dependencies', job_key .. ':processed',
  job_key .. ':failed', job_key .. ':unsuccessful')
if parent_key and not completed then
  --- include detach-child
  detach_child(job_key, parent_key, parent_queue, parent_id)
end
