// Reading jobs, states and counts.
import { QUEUES, callCommand, orderSets } from '../side.mjs';
import { STATES, STATE_KEYS, fromId, onAny } from './drawing.mjs';

const page = (random) => ({ from: random.pick([0, 0, 0, 1, 2, -2]), to: random.pick([-1, -1, 0, 1, 3, 20, -2]), ascending: random.chance(0.5) });

// The fields of a hash come in the order in which they were written.
function asObject(flat) {
  const names = flat.filter((_, i) => i % 2 === 0).sort();
  return Object.fromEntries(names.map((name) => [name, flat[flat.indexOf(name) + 1]]).map(([name, value]) =>
    [name, name === 'opts' || name === 'parent' ? JSON.parse(value) : value]));
}
const asObjects = (states) => states.map((jobs) => jobs.map(([id, fields]) => [id, asObject(fields)]));

export const reading = {
  readState: {
    weight: 3,
    draw: onAny,
    run: async (side, { queue, id }) => {
      const job = await fromId(side, queue, id);
      return [await side.queues[queue].getJobState(id), await job?.isCompleted(), await side.queues[queue].isMaxed(),
        await side.queues[queue].getRateLimitTtl(3), await side.queues[queue].getJobCounts()];
    },
  },
  isFinished: {
    weight: 2,
    draw: (random, known) => onAny(random, known) && { ...onAny(random, known), withValue: random.pick(['', '1']) },
    run: (side, { queue, id, withValue }) =>
      callCommand(side, 'isFinished', ...['completed', 'failed', id].map((key) => `bull:${queue}:${key}`), id, withValue),
  },
  list: {
    weight: 3,
    draw: (random) => ({
      queue: random.pick(QUEUES), states: [random.pick(STATE_KEYS), random.pick(STATE_KEYS)], ...page(random),
    }),
    run: async (side, { queue, states, from, to, ascending }) => {
      const key = [`bull:${queue}:`, from, to, ascending ? '1' : '0'];
      return [await callCommand(side, 'getRanges', ...key, ...states),
        asObjects(await callCommand(side, 'getJobs', ...key, 3, ...states)),
        await side.queues[queue].getJobs(states, from, to, ascending)];
    },
  },
  count: {
    weight: 2,
    draw: (random, known) => ({ queue: random.pick(QUEUES), before: known.now + random.int(-2000, 2000) }),
    run: async (side, { queue, before }) => [await callCommand(side, 'getCounts', `bull:${queue}:`, before, ...STATE_KEYS),
      await side.queues[queue].getCountsPerPriority([0, 1, 2, 3, 2097151])],
  },
  searchLists: {
    weight: 1,
    draw: onAny,
    run: async (side, { queue, id }) => {
      const key = (name) => `bull:${queue}:${name}`;
      const states = ['completed', 'failed', 'delayed', 'active', 'wait', 'paused', 'waiting-children', 'prioritized'];
      return [await callCommand(side, 'isJobInList', key('wait'), id), await callCommand(side, 'isJobInList', key('active'), id),
        await callCommand(side, 'getState', ...states.map(key), id)];
    },
  },
  metrics: {
    weight: 1,
    draw: (random) => ({ state: random.pick(['completed', 'failed']), ...page(random) }),
    run: (side, { state, from, to }) => side.queues.beta.getMetrics(state, from, to),
  },
  dependencies: {
    weight: 3,
    draw: (random, known) => {
      const parent = known.parents.length > 0 ? random.pick(known.parents) : onAny(random, known);
      return parent && {
        ...parent, kind: random.pick(['processed', 'pending']), from: random.int(0, 3), to: random.pick([-1, 0, 1, 3, 20]),
      };
    },
    run: async (side, { queue, id, kind, from, to }) => {
      await orderSets(side);
      const job = await fromId(side, queue, id);
      return [await side.queues[queue].getDependencies(id, kind, from, to), await job?.getDependencies(),
        await job?.getDependenciesCount({ failed: true, ignored: true, unprocessed: true, processed: true })];
    },
  },
  paginate: {
    weight: 2,
    draw: (random, known) => known.parents.length > 0 && {
      ...random.pick(known.parents), from: random.int(0, 3), to: random.pick([-1, 0, 1, 3, 20]), key: random.pick(['dependencies', 'processed', 'unsuccessful', 'none']),
      passed: random.pick([0, 0, 1, 5]), scans: random.pick([1, 5]), withJobs: random.chance(0.5),
    },
    run: async (side, { queue, id, key, from, to, passed, scans, withJobs }) => {
      await orderSets(side);
      const [cursor, offset, items, total, jobs] = await callCommand(side, 'paginate', `bull:${queue}:${id}:${key}`, from, to,
        '0', passed, scans, ...(withJobs ? ['1'] : []));
      return [cursor, offset, items, total, jobs?.map((job) => asObject(job))];
    },
  },
};
