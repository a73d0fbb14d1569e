-- The state of a job: the first of the queue's structures that holds it. `list_holds(key)` looks into
-- a list. KEYS are those of getState.
local function state_of_job(id, list_holds)
  local places = {
    { KEYS[1], 'completed' }, { KEYS[2], 'failed' }, { KEYS[3], 'delayed' },
    { KEYS[8], 'prioritized' }, { KEYS[4], 'active', true }, { KEYS[5], 'waiting', true },
    { KEYS[6], 'waiting', true }, { KEYS[7], 'waiting-children' },
  }
  for i = 1, #places do
    local key, state, is_list = unpack(places[i])
    local found
    if is_list then
      found = list_holds(key)
    else
      found = call('ZSCORE', key, id)
    end
    if found then
      return state
    end
  end
  return 'unknown'
end
