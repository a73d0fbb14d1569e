-- Tells whether a job has finished, and how.
--
-- KEYS (3)   1 completed, 2 failed, 3 job key
-- ARGV       1 job id, 2 `1` = with its result
-- Returns    0 no, 1 completed, 2 failed, -1 job missing; with result {that, result or error text}
local call = redis.call
local completed, failed, job_key = KEYS[1], KEYS[2], KEYS[3]
local with_result = ARGV[2] == '1'

if call('EXISTS', job_key) == 0 then
  return with_result and { -1, 'Missing key for job ' .. job_key .. '. isFinished' } or -1
end
local state, field = 0, nil
if call('ZSCORE', completed, ARGV[1]) then
  state, field = 1, 'returnvalue'
elseif call('ZSCORE', failed, ARGV[1]) then
  state, field = 2, 'failedReason'
end
if not with_result then
  return state
end
return field and { state, call('HGET', job_key, field) } or { 0 }
