-- Deletes a job's hash and its sub-keys; returns how many there were. The lock is not among them.
local function delete_job(job_key)
  return call('DEL', job_key, job_key .. ':logs', job_key .. ':dependencies', job_key .. ':processed',
    job_key .. ':failed', job_key .. ':unsuccessful')
end
