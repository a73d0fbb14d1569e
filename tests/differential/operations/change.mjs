// Changing jobs that no worker holds, and the queue's settings, through Node's Queue and Job.
import { jobOf } from './process.mjs';
import { DEDUPLICATION_IDS, delay, priority, queueName } from './drawing.mjs';

const FINISHED = ['completed', 'failed'];

export const changing = {
  changeDelay: {
    weight: 2,
    draw: (random, known) => {
      const job = known.jobMostly(random, 'delayed');
      return job && { ...job, delay: delay(random) };
    },
    run: async (side, { delay: ms, ...job }) => (await jobOf(side, job)).changeDelay(ms),
  },
  changePriority: {
    weight: 3,
    draw: (random, known) => {
      const job = known.jobMostly(random, 'wait', 'prioritized', 'delayed');
      return job && { ...job, to: random.pick([{ priority: priority(random) }, { priority: priority(random), lifo: true }, { lifo: true }, {}]) };
    },
    run: async (side, { to, ...job }) => (await jobOf(side, job)).changePriority(to),
  },
  promote: {
    weight: 2,
    draw: (random, known) => known.jobMostly(random, 'delayed'),
    run: async (side, job) => (await jobOf(side, job)).promote(),
  },
  promoteJobs: {
    weight: 0.7,
    draw: (random) => ({ queue: queueName(random), count: random.pick([undefined, 1, 2]) }),
    run: (side, { queue, count }) => side.queues[queue].promoteJobs({ count }),
  },
  retry: {
    weight: 4,
    draw: (random, known) => {
      const job = known.jobMostly(random, ...FINISHED);
      return job && { ...job, state: random.pick(FINISHED), reset: [random.chance(0.5), random.chance(0.5)] };
    },
    run: async (side, { state, reset: [resetAttemptsMade, resetAttemptsStarted], ...job }) =>
      (await jobOf(side, job)).retry(state, { resetAttemptsMade, resetAttemptsStarted }),
  },
  retryJobs: {
    weight: 1.5,
    draw: (random, known) => ({
      queue: queueName(random), state: random.pick(FINISHED), count: random.pick([undefined, 1, 2]),
      timestamp: random.pick([undefined, known.now - 1000]),
    }),
    run: (side, { queue, ...options }) => side.queues[queue].retryJobs(options),
  },
  removeDeduplicationKey: {
    weight: 1,
    draw: (random) => ({ queue: queueName(random), id: random.pick(DEDUPLICATION_IDS) }),
    run: (side, { queue, id }) => side.queues[queue].removeDeduplicationKey(id),
  },
  removeDeduplicationKeyOfJob: {
    weight: 1,
    draw: (random, known) => known.job(random),
    run: async (side, job) => (await jobOf(side, job)).removeDeduplicationKey(),
  },
};

const onQueue = (run) => ({ draw: (random) => ({ queue: queueName(random) }), run: (side, { queue }) => run(side.queues[queue]) });

export const settings = {
  pause: { weight: 1.5, ...onQueue((queue) => queue.pause()) },
  resume: { weight: 4, ...onQueue((queue) => queue.resume()) },
  setGlobalConcurrency: {
    weight: 1,
    draw: (random) => ({ queue: queueName(random), limit: random.pick([1, 2, 5, 100]) }),
    run: (side, { queue, limit }) => side.queues[queue].setGlobalConcurrency(limit),
  },
  removeGlobalConcurrency: { weight: 1, ...onQueue((queue) => queue.removeGlobalConcurrency()) },
  setGlobalRateLimit: {
    weight: 0.5,
    draw: (random) => ({ queue: queueName(random), max: random.int(1, 5), duration: random.pick([5000, 60000]) }),
    run: (side, { queue, max, duration }) => side.queues[queue].setGlobalRateLimit(max, duration),
  },
  removeGlobalRateLimit: { weight: 1, ...onQueue((queue) => queue.removeGlobalRateLimit()) },
  removeRateLimitKey: { weight: 2, ...onQueue((queue) => queue.removeRateLimitKey()) },
  setMaxEvents: {
    weight: 0.5,
    draw: (random) => ({ queue: queueName(random), length: random.pick([25, 40, 10000]) }),
    run: async (side, { queue, length }) => side.connection.hset(side.queues[queue].toKey('meta'), 'opts.maxLenEvents', length),
  },
  trimEvents: {
    weight: 0.3,
    draw: (random) => ({ queue: queueName(random), length: random.pick([0, 10, 30]) }),
    run: (side, { queue, length }) => side.queues[queue].trimEvents(length).then(() => 'trimmed'),
  },
};
