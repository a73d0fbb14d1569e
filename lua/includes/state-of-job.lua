-- Block. Ends the command with the state of a job: the structure of the queue that holds it. Lists come
-- last, for they have to be searched.
-- Uses: KEYS and ARGV of getState.
local call, KEYS, id = redis.call, KEYS, ARGV[1]
return call('ZSCORE', KEYS[1], id) and 'completed'
  or call('ZSCORE', KEYS[2], id) and 'failed'
  or call('ZSCORE', KEYS[3], id) and 'delayed'
  or call('ZSCORE', KEYS[8], id) and 'prioritized'
  or call('ZSCORE', KEYS[7], id) and 'waiting-children'
  or call('LPOS', KEYS[4], id) and 'active'
  or call('LPOS', KEYS[5], id) and 'waiting'
  or call('LPOS', KEYS[6], id) and 'waiting'
  or 'unknown'
