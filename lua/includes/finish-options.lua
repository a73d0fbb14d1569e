-- Block. Reads the packed map of a worker that finishes a job, as worker-options does.
-- Uses: options. Defines: token, keep, max_attempts, points (of metrics), and what worker-options does.
local head, _, entries = options:byte(1, 3)
local _, first, token, second, worker_name, third, keep, fourth, worker_limit
local fifth, lock_duration, sixth, max_attempts, seventh, points
if head == 222 and entries >= 7 then
  _, first, token, second, worker_name, third, keep, fourth, worker_limit, fifth, lock_duration, sixth,
    max_attempts, seventh, points = cmsgpack.unpack_limit(options, 14, 3)
end
if first ~= 'token' or second ~= 'name' or third ~= 'keepJobs' or fourth ~= 'limiter'
  or fifth ~= 'lockDuration' or sixth ~= 'attempts' or seventh ~= 'maxMetricsSize' then
  local worker = cmsgpack.unpack(options)
  token, worker_name, keep, worker_limit = worker.token, worker.name, worker.keepJobs, worker.limiter
  lock_duration, max_attempts, points = worker.lockDuration, worker.attempts, worker.maxMetricsSize
end
local worker_token = token
