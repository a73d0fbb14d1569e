// What happens behind the back of the commands: locks that end, hashes that vanish, content that older
// versions left. Done to both databases alike, by plain Redis commands.
import { qualified } from '../side.mjs';
import { queueName, TOKEN } from './drawing.mjs';

const key = (queue, suffix) => `${qualified[queue]}:${suffix}`;
const onJob = (states, act) => ({
  draw: (random, known) => known.jobMostly(random, ...states),
  run: (side, { queue, id }) => act(side.connection, key(queue, id), queue, id),
});

export const damaging = {
  loseLocks: {
    weight: 1,
    draw: (random, known) => ({ jobs: random.some(known.states.active, 0.5) }),
    run: (side, { jobs }) => Promise.all(jobs.map(({ queue, id }) => side.connection.del(key(queue, `${id}:lock`)))),
  },
  loseHash: { weight: 0.7, ...onJob(['wait', 'active', 'delayed', 'waiting-children', 'completed'], (redis, job) => redis.del(job)) },
  loseSubKey: {
    weight: 0.3,
    draw: (random, known) => {
      const job = known.jobMostly(random, 'waiting-children');
      return job && { ...job, sub: random.pick(['dependencies', 'processed', 'failed', 'unsuccessful', 'logs']) };
    },
    run: (side, { queue, id, sub }) => side.connection.del(key(queue, `${id}:${sub}`)),
  },
  loseMembership: {
    weight: 0.4,
    draw: (random, known) => {
      const state = random.pick(['delayed', 'waiting-children', 'completed', 'failed', 'prioritized']);
      const job = known.job(random, state);
      return job && { ...job, state };
    },
    run: (side, { queue, id, state }) => side.connection.zrem(key(queue, state), id),
  },
  // An id without a job, as an interrupted client or a trimmed database leaves it.
  leaveGhost: {
    weight: 0.4,
    draw: (random) => ({ queue: queueName(random), id: random.pick(['ghost-1', 'ghost-2']), place: random.pick(['wait', 'delayed', 'prioritized', 'active', 'completed']) }),
    run: (side, { queue, id, place }) => (place === 'wait' || place === 'active'
      ? side.connection.lpush(key(queue, place), id) : side.connection.zadd(key(queue, place), 5 * 2 ** 32, id)),
  },
  // BullMQ 5 moves what waits to `paused` when it pauses, and adds there.
  pauseAsVersion5: {
    weight: 0.6,
    draw: (random) => ({ queue: queueName(random) }),
    run: async (side, { queue }) => {
      await side.connection.hset(key(queue, 'meta'), 'paused', 1);
      await side.connection.del(key(queue, 'marker'));
      if (await side.connection.exists(key(queue, 'wait'))) await side.connection.rename(key(queue, 'wait'), key(queue, 'paused'));
      return 'paused';
    },
  },
  // The newest version that has opened the queue.
  openAsVersion: {
    weight: 0.4,
    draw: (random) => ({ queue: queueName(random), version: random.pick(['bullmq:5.81.5', 'bullmq:5.81.5', 'bullmq:6.7.0']) }),
    run: (side, { queue, version }) => side.connection.hset(key(queue, 'meta'), 'version', version),
  },
  moveToPaused: { weight: 0.5, ...onJob(['wait'], async (redis, job, queue, id) => {
    if (await redis.lrem(key(queue, 'wait'), 1, id)) await redis.lpush(key(queue, 'paused'), id);
    return 'moved';
  }) },
  // Markers of BullMQ 4 and older.
  leaveLegacyMarker: {
    weight: 0.25,
    draw: (random) => ({ queue: queueName(random), list: random.pick(['wait', 'wait', 'paused']), end: random.pick(['lpush', 'rpush']), id: random.pick(['0:0', '0:0', '0:1234']) }),
    run: (side, { queue, list, end, id }) => side.connection[end](key(queue, list), id),
  },
  leaveLegacyKeys: {
    weight: 0.2,
    draw: (random) => ({ queue: queueName(random) }),
    run: (side, { queue }) => side.connection.pipeline().zadd(key(queue, 'priority'), 3, '1').set(key(queue, 'delay'), '1').exec().then(() => 'left'),
  },
  // The set of 5.x repeatables: a member and a hash without `ic`.
  leaveLegacyRepeatable: {
    weight: 0.2,
    draw: (random, known) => ({ queue: queueName(random), id: 'aa3f08c5b6c58747521a3bd803c7d474', next: known.now + 60000 }),
    run: (side, { queue, id, next }) => side.connection.pipeline().zadd(key(queue, 'repeat'), next, id)
      .hset(key(queue, `repeat:${id}`), 'name', 'leg', 'every', 60000).exec().then(() => 'left'),
  },
  // Jobs of versions before 5 count attempts under the long name.
  countAttemptsAsBefore: { weight: 0.2, ...onJob([], async (redis, job) => (await redis.exists(job)) && redis.hset(job, 'attemptsMade', 1)) },
  leaveOrphan: {
    weight: 0.5,
    draw: (random) => ({ queue: queueName(random), id: random.pick(['orphan-1', 'orphan-2']), sub: random.pick([undefined, 'logs', 'lock']) }),
    run: async (side, { queue, id, sub }) => {
      if (sub === 'logs') return side.connection.rpush(key(queue, `${id}:logs`), 'row');
      if (sub === 'lock') return side.connection.set(key(queue, `${id}:lock`), TOKEN, 'PX', 30000);
      return side.connection.hset(key(queue, id), 'name', 'orphan', 'timestamp', 1, 'data', '{}', 'opts', '{}');
    },
  },
  forgetEventLength: {
    weight: 0.3,
    draw: (random) => ({ queue: queueName(random) }),
    run: (side, { queue }) => side.connection.hdel(key(queue, 'meta'), 'opts.maxLenEvents'),
  },
  wrapPriorityCounter: {
    weight: 0.1,
    draw: (random) => ({ queue: queueName(random) }),
    run: (side, { queue }) => side.connection.set(key(queue, 'pc'), '4294967294'),
  },
};
