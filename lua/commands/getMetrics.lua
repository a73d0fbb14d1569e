-- Reads the metrics of finished jobs.
--
-- KEYS (2)   1 metrics:completed or metrics:failed, 2 its data points
-- ARGV       1 first data point, 2 last (-1 = to the end); the newest is 0
-- Returns    {{count, time of the last data point, count at that time}, data points, number of all}
local call = redis.call

return {
  call('HMGET', KEYS[1], 'count', 'prevTS', 'prevCount'),
  call('LRANGE', KEYS[2], ARGV[1], ARGV[2]),
  call('LLEN', KEYS[2]),
}
