-- True for the newest job of a scheduler, which alone continues the chain of its jobs. `scheduler` is the
-- `rjk` field of the job.
local function is_current_iteration(schedulers_key, scheduler, id)
  local millis = scheduler and call('ZSCORE', schedulers_key, scheduler)
  return millis and id == 'repeat:' .. scheduler .. ':' .. millis
end
