-- Deletes a job's hash and its sub-keys. The lock is not among them.
local function delete_job(job_key)
  call('DEL', job_key, job_key .. ':logs', job_key .. ':dependencies', job_key .. ':processed',
    job_key .. ':failed', job_key .. ':unsuccessful')
end
