-- Block. Tells of a finished job, and counts it.
-- Uses: events, max_len, state, id, field, result, completed, attempts, max_attempts, points, metrics, now.
call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', state, 'jobId', id, field, result,
  'prev', 'active')
if not completed and tonumber(attempts) >= (max_attempts or 0) then
  call('XADD', events, '*', 'event', 'retries-exhausted', 'jobId', id, 'attemptsMade', attempts)
end
if points and points ~= '' then
  --- include collect-metrics
  collect_metrics(metrics, metrics .. ':data', points, now)
end
