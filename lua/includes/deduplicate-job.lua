--- include enqueue-delayed
--- include mark-delay

-- DEDUP: decides whether a job with a deduplication id is created. `job` is ARGV[1] of the add
-- commands, `id` the id the new job would get. Returns the id of the owner when the new job is not
-- wanted, nothing when it is to be created.
local function deduplicate_job(job, id, opts, data, delayed_key, events_key, max_len, is_parent)
  local prefix, owner_key, rule = job[1], job[9], opts.de
  local next_key = prefix .. 'dn:' .. rule.id
  local ttl = not rule.keepLastIfActive and rule.ttl and rule.ttl > 0 and rule.ttl

  local function claim(owner)
    if ttl then
      call('SET', owner_key, owner, 'PX', ttl)
    else
      call('SET', owner_key, owner)
    end
  end

  local function announce(kept, dropped)
    call('XADD', events_key, 'MAXLEN', '~', max_len, '*', 'event', 'deduplicated', 'jobId', kept,
      'deduplicationId', rule.id, 'deduplicatedJobId', dropped)
  end

  -- STALE: the owner vanished without giving its key back; the new job takes over.
  local function take_over(owner)
    if call('PTTL', owner_key) ~= -1 or call('EXISTS', prefix .. owner) == 1 then
      return false
    end
    call('DEL', owner_key, next_key)
    claim(id)
    return true
  end

  -- PARK: while the owner runs, the last job added is kept aside for when it has finished.
  local function park(owner)
    if not rule.keepLastIfActive or not call('LPOS', prefix .. 'active', owner) then
      return false
    end
    local fields = { 'name', job[3], 'data', data, 'opts', cjson.encode(opts), 'jid', id }
    local function keep(field, value)
      if value then
        fields[#fields + 1] = field
        fields[#fields + 1] = value
      end
    end
    keep('pk', job[5])
    keep('pd', job[7] and cjson.encode(job[7]))
    keep('pdk', job[6])
    keep('rjk', job[8])
    call('DEL', next_key)
    call('HSET', next_key, unpack(fields))
    call('PERSIST', owner_key)
    announce(owner, id)
    return true
  end

  -- Replaces a delayed owner. Returns true when the new job is to be created.
  local function replace(owner)
    if call('ZREM', delayed_key, owner) == 0 then
      return false
    end
    local key = prefix .. owner
    call('DEL', key, key .. ':logs', key .. ':dependencies', key .. ':processed', key .. ':failed',
      key .. ':unsuccessful', next_key)
    call('XADD', events_key, '*', 'event', 'removed', 'jobId', owner, 'prev', 'delayed')
    announce(id, owner)
    if ttl and not rule.extend then
      call('SET', owner_key, id, 'KEEPTTL')
    else
      claim(id)
    end
    return true
  end

  local owner
  if rule.replace and not is_parent then
    owner = call('GET', owner_key)
    if not owner then
      return claim(id)
    end
    if replace(owner) or take_over(owner) then
      return nil
    end
    park(owner)
    return owner
  end

  local extend = rule.extend and rule.ttl and rule.ttl > 0
  if extend then
    owner = call('GET', owner_key)
    if not owner then
      return claim(id)
    end
  else
    local claimed
    if ttl then
      claimed = call('SET', owner_key, id, 'PX', ttl, 'NX')
    else
      claimed = call('SET', owner_key, id, 'NX')
    end
    if claimed then
      return nil
    end
    owner = call('GET', owner_key)
  end
  if take_over(owner) then
    return nil
  end
  if not park(owner) then
    if extend then
      claim(owner)
    end
    announce(owner, id)
  end
  if rule.reschedule and not is_parent and call('ZSCORE', delayed_key, owner) then
    local delay = opts.delay or 0
    call('HSET', prefix .. owner, 'delay', delay)
    enqueue_delayed(delayed_key, events_key, max_len, owner, job[4], delay)
    mark_delay(prefix .. 'marker', delayed_key)
  end
  return owner
end
