-- Queue, as `<prefix>:<queue>`, and id of a job key. The id follows the last colon, unless it is a custom id
-- or an iteration of a scheduler, which have three parts: then the cut at the last colon gives a queue that
-- never had a job, whose counter `id` is missing. (A job `...:id` is a hash.)
local function split_job_key(job_key)
  local queue, id = job_key:match('^(.*):([^:]*)$')
  local function has_counter(name)
    return call('TYPE', name .. ':id').ok == 'string'
  end
  if not has_counter(queue) then
    local shorter, longer_id = job_key:match('^(.*):([^:]*:[^:]*:[^:]*)$')
    if shorter and has_counter(shorter) then
      return shorter, longer_id
    end
  end
  return queue, id
end
