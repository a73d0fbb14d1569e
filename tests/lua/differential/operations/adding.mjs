// Adding jobs, flows and children.
import { QUEUES } from '../side.mjs';
import { jobOptions, onAny } from './drawing.mjs';

function deduplication(random) {
  const rule = { id: `dedup-${random.int(1, 3)}` };
  if (random.chance(0.5)) rule.ttl = random.pick([200000, 800000]);
  for (const flag of ['extend', 'replace', 'keepLastIfActive', 'reschedule']) {
    if (random.chance(0.35)) rule[flag] = true;
  }
  return rule;
}

export const adding = {
  add: {
    weight: 22,
    draw: (random, known) => ({
      queue: random.pick(QUEUES), data: { n: random.int(0, 999), path: '/a/b' }, opts: jobOptions(random, known),
    }),
    run: async (side, { queue, data, opts }) => (await side.queues[queue].add('plain', data, opts)).id,
  },
  addDeduplicated: {
    weight: 9,
    draw: (random, known) => ({
      queue: QUEUES[0], opts: { ...jobOptions(random, known), jobId: undefined, deduplication: deduplication(random) },
    }),
    run: async (side, { queue, opts }) => (await side.queues[queue].add('once', { d: 1 }, opts)).id,
  },
  addBulk: {
    weight: 2,
    draw: (random, known) => ({
      queue: random.pick(QUEUES),
      jobs: Array.from({ length: 4 }, () => ({ name: 'bulk', data: {}, opts: jobOptions(random, known) })),
    }),
    run: async (side, { queue, jobs }) => (await side.queues[queue].addBulk(jobs)).map((job) => job.id),
  },
  // BullMQ's hard removals take a parent away without giving its deduplication id back; ours do.
  addChildOfExisting: {
    weight: 4,
    draw: (random, known) => {
      const parent = onAny(random, known);
      return parent && !parent.deduplicated && {
        queue: random.pick(QUEUES), opts: { ...jobOptions(random, known), parent: { id: parent.id, queue: `bull:${parent.queue}` } },
      };
    },
    run: async (side, { queue, opts }) => (await side.queues[queue].add('child', {}, opts)).id,
  },
  addFlow: {
    weight: 6,
    draw: (random, known) => {
      const id = () => `flow-${known.counter++}`;
      const flag = () => random.pick([{}, { failParentOnFailure: true }, { continueParentOnFailure: true },
        { ignoreDependencyOnFailure: true }, { removeDependencyOnFailure: true }]);
      const { removeOnComplete, removeOnFail, delay, priority } = jobOptions(random, known);
      return {
        tree: {
          name: 'parent', queueName: random.pick(QUEUES), data: {}, opts: { jobId: id(), delay, priority },
          children: Array.from({ length: random.int(1, 3) }, () => ({
            name: 'child', queueName: random.pick(QUEUES), data: {},
            opts: { jobId: random.chance(0.8) ? id() : `custom-${random.int(1, 8)}`, ...flag(), removeOnComplete, removeOnFail },
          })),
        },
      };
    },
    run: async (side, { tree }) => (await side.flow.add(tree)).job.id,
  },
};
