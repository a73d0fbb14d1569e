-- Block. PROMOTE-DUE, where something is due.
-- Uses: now, closed, no_delays (true: `delayed` is known to be empty), and what promote-due uses.
-- Defines: delays (`delayed` holds jobs still).
local delays = not no_delays and call('EXISTS', delayed) == 1
if delays then
  if call('ZCOUNT', delayed, '0', string.format('%d', (now + 1) * 4096 - 1)) > 0 then
    --- include promote-due
    promote_due(now, closed)
    delays = call('EXISTS', delayed) == 1
  end
end
