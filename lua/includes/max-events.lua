-- Block. MAXEV: a queue that has no length set for its event stream gets the default.
-- Uses: meta, max_len (read from meta).
if not max_len then
  call('HSET', meta, 'opts.maxLenEvents', '10000')
  max_len = '10000'
end
