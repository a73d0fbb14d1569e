// Reading through Node's Queue and Job.
import { jobOf } from './process.mjs';
import { queueName } from './drawing.mjs';

const STATES = ['waiting', 'wait', 'active', 'prioritized', 'delayed', 'waiting-children', 'completed', 'failed', 'paused'];

const range = (random) => {
  const start = random.pick([0, 0, 0, 1, 3, -2]);
  return { start, end: random.pick([-1, -1, start, start + 1, start + 4, 0]), ascending: random.chance(0.5) };
};
const states = (random) => random.some(STATES, 0.4);
const onJob = (run) => ({ draw: (random, known) => known.job(random), run: async (side, job) => run(await jobOf(side, job)) });

// A page comes in the order of a scan, which is of no meaning.
const inOrder = (items) => [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

export const reading = {
  getState: { weight: 2, ...onJob(async (job) => [await job.getState(), await job.isCompleted(), await job.isFailed(), await job.isActive()]) },
  getJob: { weight: 1, ...onJob((job) => job) },
  getDependencies: { weight: 1, ...onJob(async (job) => {
    const { unprocessed, ...others } = await job.getDependencies();
    return { ...others, unprocessed: unprocessed && inOrder(unprocessed) };
  }) },
  getDependenciesCount: {
    weight: 1,
    draw: (random, known) => {
      const job = known.jobMostly(random, 'waiting-children', 'active');
      const asked = ['processed', 'unprocessed', 'ignored', 'failed'];
      return job && { ...job, types: random.chance(0.5) ? undefined : Object.fromEntries(random.some(asked, 0.5).map((type) => [type, true])) };
    },
    run: async (side, { types, ...job }) => (await jobOf(side, job)).getDependenciesCount(types),
  },
  getDependenciesPage: {
    weight: 1,
    draw: (random, known) => {
      const job = known.jobMostly(random, 'waiting-children', 'active');
      return job && { ...job, type: random.pick(['processed', 'pending']), start: random.pick([0, 0, 1]), end: random.pick([-1, -1, 1]) };
    },
    run: async (side, { queue, id, type, start, end }) => {
      const { items, jobs, total } = await side.queues[queue].getDependencies(id, type, start, end);
      return end === -1 && start === 0 ? [inOrder(items), inOrder(jobs), total] : [items.length, total];
    },
  },
  getJobs: {
    weight: 2,
    draw: (random) => ({ queue: queueName(random), types: states(random), ...range(random) }),
    run: async (side, { queue, types, start, end, ascending }) => side.queues[queue].getJobs(types, start, end, ascending),
  },
  getRanges: {
    weight: 1,
    draw: (random) => ({ queue: queueName(random), types: states(random), ...range(random) }),
    run: (side, { queue, types, start, end, ascending }) => side.queues[queue].getRanges(types, start, end, ascending),
  },
  getJobCounts: {
    weight: 2,
    draw: (random) => ({ queue: queueName(random), types: states(random) }),
    run: (side, { queue, types }) => side.queues[queue].getJobCounts(...types),
  },
  getCountsPerPriority: {
    weight: 1,
    draw: (random) => ({ queue: queueName(random), priorities: random.some([0, 1, 2, 3, 10, 2097151], 0.5) }),
    run: (side, { queue, priorities }) => side.queues[queue].getCountsPerPriority(priorities),
  },
  getMetrics: {
    weight: 1,
    draw: (random) => ({ queue: random.pick(['beta', 'beta', 'alpha']), state: random.pick(['completed', 'failed']), end: random.pick([-1, 0, 2]) }),
    run: (side, { queue, state, end }) => side.queues[queue].getMetrics(state, 0, end),
  },
  getLimits: {
    weight: 2,
    ttlReply: true,
    draw: (random) => ({ queue: queueName(random), max: random.pick([undefined, 1, 3]) }),
    run: async (side, { queue, max }) => [await side.queues[queue].getRateLimitTtl(max), await side.queues[queue].isMaxed()],
  },
  getJobLogs: {
    weight: 0.5,
    draw: (random, known) => known.job(random),
    run: (side, { queue, id }) => side.queues[queue].getJobLogs(id),
  },
};
