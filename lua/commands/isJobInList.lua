-- Tells whether a list holds a job.
--
-- KEYS (1)   1 list
-- ARGV       1 job id
-- Returns    1 yes, nil no
return redis.call('LPOS', KEYS[1], ARGV[1]) and 1 or nil
