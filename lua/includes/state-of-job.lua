-- Block. Ends the command with the state of a job: the structure of the queue that holds it. Lists come
-- last, for they have to be searched.
-- Uses: KEYS and ARGV of getState.
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local id = ARGV[1]
local sets = { { KEYS[1], 'completed' }, { KEYS[2], 'failed' }, { KEYS[3], 'delayed' },
  { KEYS[8], 'prioritized' }, { KEYS[7], 'waiting-children' } }
for i = 1, #sets do
  if call('ZSCORE', sets[i][1], id) then
    return sets[i][2]
  end
end
local lists = { { KEYS[4], 'active' }, { KEYS[5], 'waiting' }, { KEYS[6], 'waiting' } }
for i = 1, #lists do
  if call('LPOS', lists[i][1], id) then
    return lists[i][2]
  end
end
return 'unknown'
