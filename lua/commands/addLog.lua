-- Adds a row to the log of a job.
--
-- KEYS (2)   1 job key, 2 logs
-- ARGV       1 job id (unused), 2 row, 3 number of rows to keep, or ''
-- Returns    the number of rows; -1 job missing
local call = redis.call

if call('EXISTS', KEYS[1]) == 0 then
  return -1
end
local rows = call('RPUSH', KEYS[2], ARGV[2])
if ARGV[3] == '' then
  return rows
end
local keep = tonumber(ARGV[3])
call('LTRIM', KEYS[2], -keep, '-1')
return math.min(keep, rows)
