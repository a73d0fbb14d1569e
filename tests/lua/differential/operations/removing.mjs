// Removing jobs: one by one, by state, by age, as a flow.
import { FINISHED, STATES, STATE_KEYS, fromId, onAny, onAnyOrIteration } from './drawing.mjs';
import { QUEUES, callCommand, orderSets } from '../side.mjs';

export const removing = {
  remove: {
    weight: 5,
    draw: (random, known) => {
      const job = onAnyOrIteration(random, known);
      return job && { ...job, removeChildren: random.chance(0.7) };
    },
    run: async (side, { queue, id, removeChildren }) => {
      await orderSets(side);
      return side.queues[queue].remove(id, { removeChildren });
    },
  },
  removeMissing: {
    weight: 0.5,
    draw: (random) => ({ queue: random.pick(QUEUES) }),
    run: (side, { queue }) => side.queues[queue].remove('nobody'),
  },
  removeUnprocessedChildren: {
    weight: 2,
    draw: onAny,
    run: async (side, { queue, id }) => {
      await orderSets(side);
      return (await fromId(side, queue, id))?.removeUnprocessedChildren();
    },
  },
  removeChildDependency: {
    weight: 2,
    draw: onAny,
    run: async (side, { queue, id }) => (await fromId(side, queue, id))?.removeChildDependency(),
  },
  removeForeignChildDependency: {
    weight: 1,
    draw: (random, known) => onAny(random, known) && { child: onAny(random, known), parent: onAny(random, known) },
    run: (side, { child, parent }) => callCommand(side, 'removeChildDependency', `bull:${child.queue}:`,
      `bull:${child.queue}:${child.id}`, `bull:${parent.queue}:${parent.id}`),
  },
  clean: {
    weight: 2,
    draw: (random) => ({
      queue: random.pick(QUEUES), grace: random.pick([0, 0, 500, 4000]), limit: random.pick([0, 1, 2, 3, 100]),
      state: random.pick(STATES),
    }),
    run: (side, { queue, grace, limit, state }) => side.queues[queue].clean(grace, limit, state),
  },
  cleanByKey: {
    weight: 1,
    draw: (random, known) => ({
      queue: random.pick(QUEUES), limit: random.pick([0, 1, 2, 3]), before: known.now - random.pick([-1, 0, 3000]),
      state: random.pick(STATE_KEYS),
    }),
    run: (side, { queue, limit, before, state }) => callCommand(side, 'cleanJobsInSet',
      ...[state, 'events', 'repeat'].map((name) => `bull:${queue}:${name}`), `bull:${queue}:`, before, limit, state),
  },
  // BullMQ's cuts the wrong entries off a list that holds the newest job of a scheduler (protocol/3 D1).
  drain: {
    weight: 0.7,
    draw: (random, known) => {
      const queue = random.pick(QUEUES);
      const cutsWrong = known.schedulers.some((scheduler) => scheduler.queue === queue && (scheduler.waits || scheduler.setAside));
      return !cutsWrong && { queue, delayed: random.chance(0.5) };
    },
    run: (side, { queue, delayed }) => side.queues[queue].drain(delayed),
  },
  removeDeduplication: {
    weight: 1,
    draw: onAny,
    run: async (side, { queue, id }) => (await fromId(side, queue, id))?.removeDeduplicationKey(),
  },
  removeDeduplicationOfForeignJob: {
    weight: 0.5,
    draw: (random, known) => onAny(random, known) && { ...onAny(random, known), rule: `dedup-${random.int(1, 3)}` },
    run: (side, { queue, id, rule }) => callCommand(side, 'removeDeduplicationKey', `bull:${queue}:de:${rule}`, id),
  },
  // Makes an orphan, or an id without a job: what crashed programs and other clients leave behind.
  lose: {
    weight: 1,
    draw: (random, known) => onAny(random, known) && { ...onAny(random, known), hash: random.chance(0.3) },
    run: async (side, { queue, id, hash }) => {
      if (hash) return side.connection.del(`bull:${queue}:${id}`);
      for (const name of ['wait', 'active']) await side.connection.lrem(`bull:${queue}:${name}`, 1, id);
      for (const name of ['delayed', 'prioritized', ...FINISHED]) await side.connection.zrem(`bull:${queue}:${name}`, id);
      return id;
    },
  },
  // BullMQ's takes `metrics:failed`, which only beta has, for a job (protocol/3 D6).
  removeOrphanedJobs: {
    weight: 1,
    draw: (random) => ({ count: random.pick([2, 1000]) }),
    run: (side, { count }) => side.queues.alpha.removeOrphanedJobs(count, 0),
  },
};
