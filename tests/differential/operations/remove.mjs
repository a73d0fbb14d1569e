// Removing jobs through Node's Queue and Job.
import { qualified } from '../side.mjs';
import { jobOf } from './process.mjs';
import { queueName } from './drawing.mjs';

const CLEANED = ['completed', 'failed', 'wait', 'active', 'delayed', 'prioritized', 'paused'];

export const removing = {
  remove: {
    weight: 4,
    draw: (random, known) => {
      const job = known.job(random);
      return job && { ...job, removeChildren: random.chance(0.6) };
    },
    run: (side, { queue, id, removeChildren }) => side.queues[queue].remove(id, { removeChildren }),
  },
  removeChildDependency: {
    weight: 1.5,
    draw: (random, known) => known.job(random),
    run: async (side, job) => (await jobOf(side, job)).removeChildDependency(),
  },
  removeUnprocessedChildren: {
    weight: 1.5,
    draw: (random, known) => known.jobMostly(random, 'waiting-children', 'active'),
    run: async (side, job) => (await jobOf(side, job)).removeUnprocessedChildren(),
  },
  clean: {
    weight: 2,
    draw: (random) => ({
      queue: queueName(random), grace: random.pick([0, 0, 1000, 60000]), limit: random.pick([0, 1, 2, 100]), state: random.pick(CLEANED),
    }),
    run: (side, { queue, grace, limit, state }) => side.queues[queue].clean(grace, limit, state),
  },
  drain: {
    weight: 0.7,
    draw: (random) => ({ queue: queueName(random), delayed: random.chance(0.5) }),
    run: (side, { queue, delayed }) => side.queues[queue].drain(delayed),
  },
  obliterate: {
    weight: 0.5,
    draw: (random) => ({ queue: queueName(random), force: random.chance(0.7), count: random.pick([1, 3, 1000]) }),
    run: (side, { queue, force, count }) => side.queues[queue].obliterate({ force, count }),
  },
  removeOrphanedJobs: {
    weight: 1,
    draw: (random) => ({ queue: queueName(random) }),
    run: (side, { queue }) => side.queues[queue].removeOrphanedJobs(1000, 0),
  },
  removeDeprecatedPriorityKey: {
    weight: 0.1,
    draw: (random) => ({ queue: queueName(random) }),
    run: (side, { queue }) => side.connection.del(`${qualified[queue]}:priority`),
  },
};
