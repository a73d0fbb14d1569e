-- Removes the children that a job still waits for, with the children that these wait for. A child that is
-- locked or has failed stays.
--
-- KEYS (2)   1 job key, 2 meta (unused)
-- ARGV       1 prefix, 2 job id
-- Returns    nil
-- Events     removed of each; [waiting]
local call = redis.call
--- include remove-tree

remove_children(ARGV[1], KEYS[1]:sub(#ARGV[1] + 1), { with_children = true, spare = true })
