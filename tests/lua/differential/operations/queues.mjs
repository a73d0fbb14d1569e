// Settings and states of a whole queue.
import { QUEUES } from '../side.mjs';

export const queues = {
  pause: {
    weight: 1,
    draw: (random) => ({ queue: random.pick(QUEUES) }),
    run: (side, { queue }) => side.queues[queue].pause(),
  },
  resume: {
    weight: 4,
    draw: (random) => ({ queue: random.pick(QUEUES) }),
    run: (side, { queue }) => side.queues[queue].resume(),
  },
  globalConcurrency: {
    weight: 1,
    draw: (random) => ({ queue: random.pick(QUEUES), limit: random.pick([1, 3, 100]) }),
    run: (side, { queue, limit }) => side.queues[queue].setGlobalConcurrency(limit),
  },
  globalRateLimit: {
    weight: 1,
    draw: (random) => ({ queue: random.pick(QUEUES), max: random.pick([0, 0, 0, 5]) }),
    run: (side, { queue, max }) =>
      max ? side.queues[queue].setGlobalRateLimit(max, 600000) : side.queues[queue].removeGlobalRateLimit(),
  },
  liftRateLimit: {
    weight: 2,
    draw: (random) => ({ queue: random.pick(QUEUES) }),
    run: (side, { queue }) => side.queues[queue].removeRateLimitKey(),
  },
  // BullMQ's leaves `waiting-children` and `limiter` behind (protocol/3 D8).
  obliterate: {
    weight: 0.8,
    draw: (random, known) => {
      const queue = random.pick(QUEUES);
      const leaves = known.keys.has(`bull:${queue}:waiting-children`) || known.keys.has(`bull:${queue}:limiter`);
      return !leaves && { queue, force: random.chance(0.7), count: random.pick([3, 1000]) };
    },
    run: (side, { queue, force, count }) => side.queues[queue].obliterate({ force, count }),
  },
  retryJobs: {
    weight: 1,
    draw: (random, known) => ({
      queue: random.pick(QUEUES), count: random.pick([1, 2, 1000]), state: random.pick(['failed', 'completed']),
      timestamp: random.pick([undefined, known.now - 3000]),
    }),
    run: (side, { queue, ...opts }) => side.queues[queue].retryJobs(opts),
  },
  promoteJobs: {
    weight: 0.7,
    draw: (random) => ({ queue: random.pick(QUEUES), count: random.pick([1, 1000]) }),
    run: (side, { queue, count }) => side.queues[queue].promoteJobs({ count }),
  },
  // The list in which BullMQ 5 keeps the jobs of a paused queue; a resume takes it back.
  setAside: {
    weight: 0.5,
    draw: (random) => ({ queue: random.pick(QUEUES) }),
    run: (side, { queue }) => side.connection.rpoplpush(`bull:${queue}:wait`, `bull:${queue}:paused`),
  },
};
