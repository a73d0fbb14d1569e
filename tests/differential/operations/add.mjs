// Adding jobs through Node's Queue and FlowProducer.
import { QUEUES, qualified } from '../side.mjs';
import {
  customId, deduplication, failurePolicy, jobName, jobOptions, payload, queueName,
} from './drawing.mjs';

const withId = (random, opts, p = 0.3) => (random.chance(p) ? { ...opts, jobId: customId(random) } : opts);

const idOf = async (added) => (await added).id;

function flowNode(random, known, depth) {
  const queue = random.pick(QUEUES);
  const children = depth > 0 && random.chance(depth === 2 ? 0.9 : 0.3)
    ? Array.from({ length: random.int(1, 3) }, () => flowNode(random, known, depth - 1)) : undefined;
  const opts = { ...withId(random, jobOptions(random, known), 0.4), ...failurePolicy(random) };
  if (!children && random.chance(0.05)) {
    const { id, ttl } = deduplication(random);
    opts.deduplication = { id, ttl };
  }
  return { name: jobName(random), queueName: queue.name, prefix: queue.prefix, data: payload(random), opts, children };
}

const idsOf = (node) => ({ id: node.job.id, children: node.children?.map(idsOf) });

export const adding = {
  add: {
    weight: 20,
    draw: (random, known) => ({
      queue: queueName(random), name: jobName(random), data: payload(random), opts: withId(random, jobOptions(random, known)),
    }),
    run: (side, { queue, name, data, opts }) => idOf(side.queues[queue].add(name, data, opts)),
  },
  addDeduplicated: {
    weight: 10,
    draw: (random, known) => ({
      queue: queueName(random), data: payload(random),
      opts: { ...withId(random, jobOptions(random, known), 0.1), deduplication: deduplication(random) },
    }),
    run: (side, { queue, data, opts }) => idOf(side.queues[queue].add('once', data, opts)),
  },
  addBulk: {
    weight: 2,
    draw: (random, known) => ({
      queue: queueName(random),
      jobs: Array.from({ length: random.int(0, 5) }, () => ({
        name: jobName(random), data: payload(random),
        opts: { ...withId(random, jobOptions(random, known)), ...(random.chance(0.1) && { deduplication: deduplication(random) }) },
      })),
    }),
    run: async (side, { queue, jobs }) => (await side.queues[queue].addBulk(jobs)).map((job) => job.id),
  },
  addChildOfExisting: {
    weight: 5,
    draw: (random, known) => {
      const parent = known.jobMostly(random, 'active', 'waiting-children', 'delayed');
      return parent && {
        queue: queueName(random),
        opts: {
          ...withId(random, jobOptions(random, known)), ...failurePolicy(random),
          parent: { id: parent.id, queue: qualified[parent.queue] },
        },
      };
    },
    run: (side, { queue, opts }) => idOf(side.queues[queue].add('child', {}, opts)),
  },
  addFlow: {
    weight: 8,
    draw: (random, known) => {
      const tree = flowNode(random, known, 2);
      const parent = random.chance(0.15) && known.jobMostly(random, 'waiting-children', 'active');
      if (parent) tree.opts = { ...tree.opts, deduplication: undefined, parent: { id: parent.id, queue: qualified[parent.queue] } };
      return { tree };
    },
    run: async (side, { tree }) => idsOf(await side.flow.add(tree)),
  },
  addFlows: {
    weight: 1,
    draw: (random, known) => ({ trees: Array.from({ length: random.int(1, 3) }, () => flowNode(random, known, 1)) }),
    run: async (side, { trees }) => (await side.flow.addBulk(trees)).map(idsOf),
  },
};
