-- Block. The list that a job joins: `wait`, unless BullMQ 5 has paused the queue.
-- Uses: wait, paused (read from meta). Defines: list.
local list = wait
if paused then
  --- include list-of-paused
  list = list_of_paused(wait)
end
