-- Block. UNLOCK: gives up the lock that token holds; ends the command with -2 where there is no lock,
-- with -6 where it is another worker's. Token `0` stands for a worker that takes no locks.
-- Uses: job_key, stalled (nil where that set does not exist), token, id.
if token ~= '0' then
  local lock_key = job_key .. ':lock'
  local owner = call('GET', lock_key)
  if owner ~= token then
    return owner and -6 or -2
  end
  call('DEL', lock_key)
  if stalled then
    call('SREM', stalled, id)
  end
end
