-- Releases a parent whose children were all done before they were attached. Last step of a flow insert.
--
-- KEYS (2)   1 parent key, 2 its dependencies
-- ARGV       1 parent's queue as <prefix>:<queue>, 2 parent id, 3 now ms
-- Returns    nil
-- Events     [waiting | delayed] in the parent's queue
local call = redis.call
--- include release-waiting-parent

if call('HDEL', KEYS[1], 'flowAttachmentFailed') == 0 and call('EXISTS', KEYS[2]) == 0 then
  release_waiting_parent(ARGV[1], KEYS[1], ARGV[2], ARGV[3])
end
