-- Block. Writes the outcome of a job that is kept, and the fields sent along.
-- Uses: job_key, patch (false: none), field, result, now, attempts, completed.
if patch then
  local size = #patch
  patch[size + 1], patch[size + 2], patch[size + 3] = field, result, 'finishedOn'
  patch[size + 4], patch[size + 5], patch[size + 6] = now, 'atm', attempts
  call('HSET', job_key, unpack(patch))
else
  call('HSET', job_key, field, result, 'finishedOn', now, 'atm', attempts)
end
if not completed then
  call('HDEL', job_key, 'defa')
end
