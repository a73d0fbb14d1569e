-- Queue, as `<prefix>:<queue>`, and id of a job key. The id follows the last colon, unless it is a custom id
-- or an iteration of a scheduler, which have three parts: then the cut at the last colon gives a queue that
-- never had a job, whose counter `id` is missing.
local function split_job_key(job_key)
  local queue, id = job_key:match('^(.*):([^:]*)$')
  if call('EXISTS', queue .. ':id') == 0 then
    local shorter, longer_id = job_key:match('^(.*):([^:]*:[^:]*:[^:]*)$')
    if shorter and call('EXISTS', shorter .. ':id') == 1 then
      return shorter, longer_id
    end
  end
  return queue, id
end
