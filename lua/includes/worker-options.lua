-- Block. Reads the packed map of a worker that takes a job. Most come as BullMQ packs them, entries in one
-- order behind a head of one or three bytes: their values need no table, which would cost twice as much.
-- Uses: options. Defines: worker_token, lock_duration, worker_limit ({max, duration} or nil), worker_name.
local head, _, entries = options:byte(1, 3)
local from = head == 222 and 3 or 1
local _, first, worker_token, second, lock_duration, third, worker_limit, fourth, worker_name =
  cmsgpack.unpack_limit(options, 2 * (from == 3 and entries or head - 128), from)
if first ~= 'token' or second ~= 'lockDuration' or (third or 'limiter') ~= 'limiter'
  or (fourth or 'name') ~= 'name' then
  local worker = cmsgpack.unpack(options)
  worker_token, lock_duration = worker.token, worker.lockDuration
  worker_limit, worker_name = worker.limiter, worker.name
end
