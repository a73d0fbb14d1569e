-- DEDUP: what happens to a job whose deduplication id may have an owner.
-- Uses the locals of create-job.
local rule = opts.de
local next_key = prefix .. 'dn:' .. rule.id
local has_ttl = rule.ttl and rule.ttl > 0

-- Makes a job the owner. An owner that keeps the last job aside has no time to live.
local function claim(owner)
  if has_ttl and not rule.keepLastIfActive then
    call('SET', owner_key, owner, 'PX', rule.ttl)
  else
    call('SET', owner_key, owner)
  end
end

local function announce(kept, dropped)
  call('XADD', events, 'MAXLEN', '~', max_len, '*', 'event', 'deduplicated', 'jobId', kept,
    'deduplicationId', rule.id, 'deduplicatedJobId', dropped)
end

-- STALE: the owner vanished without giving its id back; the new job takes over.
local function take_over(owner)
  if call('PTTL', owner_key) ~= -1 or call('EXISTS', prefix .. owner) == 1 then
    return false
  end
  call('DEL', owner_key, next_key)
  claim(id)
  return true
end

-- PARK: while the owner runs, the last job added is kept aside until it has finished.
local function park(owner)
  if not rule.keepLastIfActive or not call('LPOS', prefix .. 'active', owner) then
    return false
  end
  local fields = { 'name', name, 'data', ARGV[2], 'opts', cjson.encode(opts), 'jid', id }
  local function keep(field, value)
    if value then
      fields[#fields + 1] = field
      fields[#fields + 1] = value
    end
  end
  keep('pk', parent_key)
  keep('pd', parent and cjson.encode(parent))
  keep('pdk', dependencies_key)
  keep('rjk', scheduler)
  call('DEL', next_key)
  call('HSET', next_key, unpack(fields))
  call('PERSIST', owner_key)
  announce(owner, id)
  return true
end

local function replace_delayed(owner)
  if call('ZREM', delayed, owner) == 0 then
    return false
  end
  local key = prefix .. owner
  call('DEL', key, key .. ':logs', key .. ':dependencies', key .. ':processed', key .. ':failed',
    key .. ':unsuccessful', next_key)
  call('XADD', events, '*', 'event', 'removed', 'jobId', owner, 'prev', 'delayed')
  announce(id, owner)
  if has_ttl and not rule.extend and not rule.keepLastIfActive then
    call('SET', owner_key, id, 'KEEPTTL')
  else
    claim(id)
  end
  return true
end

local function reschedule(owner)
  local id, timestamp, delay, marker = owner, timestamp, opts.delay or 0, prefix .. 'marker'
  call('HSET', prefix .. owner, 'delay', delay)
  --- include enqueue-delayed
  --- include mark-delay
end

-- Claims the id for the new job where nobody has it; otherwise returns the owner.
local function claim_or_owner(in_replace_mode)
  if not in_replace_mode and not (has_ttl and rule.extend) then
    local claimed
    if has_ttl and not rule.keepLastIfActive then
      claimed = call('SET', owner_key, id, 'PX', rule.ttl, 'NX')
    else
      claimed = call('SET', owner_key, id, 'NX')
    end
    return not claimed and call('GET', owner_key)
  end
  local owner = call('GET', owner_key)
  if not owner then
    claim(id)
  end
  return owner
end

-- Returns the owner when the new job is not to be created.
local function deduplicate_job()
  local in_replace_mode = rule.replace and not is_parent
  local owner = claim_or_owner(in_replace_mode)
  if not owner or in_replace_mode and replace_delayed(owner) or take_over(owner) then
    return nil
  end
  if park(owner) or in_replace_mode then
    return owner
  end
  if has_ttl and rule.extend then
    claim(owner)
  end
  announce(owner, id)
  if rule.reschedule and not is_parent and call('ZSCORE', delayed, owner) then
    reschedule(owner)
  end
  return owner
end
