// What workers do with jobs.
import { UnrecoverableError } from 'bullmq';
import { QUEUES, callCommand, orderSets } from '../side.mjs';
import { TOKEN, fromId, onActive } from './drawing.mjs';

function fixedError(message, Class = Error) {
  const error = new Class(message);
  error.stack = `Error: ${message}\n    at somewhere`;
  return error;
}

export const working = {
  // Where a later slot of a scheduler is taken, BullMQ's chain of iterations ends, ours goes on (protocol/3 D4).
  fetch: {
    weight: 26,
    draw: (random, known) => {
      const queue = random.pick(QUEUES);
      const chainEnds = known.schedulers.some((one) => one.queue === queue && one.slots.some((slot) => slot > one.newest));
      return !chainEnds && { queue };
    },
    run: (side, { queue }) => side.workers[queue].getNextJob(TOKEN, { block: false }),
  },
  complete: {
    weight: 12,
    draw: (random, known) => onActive(random, known) && { ...onActive(random, known), fetch: random.chance(0.6) },
    run: async (side, { queue, id, fetch }) => (await fromId(side, queue, id)).moveToCompleted({ ok: id }, TOKEN, fetch),
  },
  fail: {
    weight: 12,
    draw: (random, known) => onActive(random, known) && {
      ...onActive(random, known), fetch: random.chance(0.6), final: random.chance(0.3),
    },
    run: async (side, { queue, id, fetch, final }) => {
      const error = final ? fixedError('for good', UnrecoverableError) : fixedError('boom');
      return (await fromId(side, queue, id)).moveToFailed(error, TOKEN, fetch);
    },
  },
  moveToDelayed: {
    weight: 3,
    draw: (random, known) => onActive(random, known) && { ...onActive(random, known), after: random.int(0, 2000), now: known.now },
    run: async (side, { queue, id, after, now }) => (await fromId(side, queue, id)).moveToDelayed(now + after, TOKEN),
  },
  moveToWait: {
    weight: 2,
    draw: onActive,
    run: async (side, { queue, id }) => (await fromId(side, queue, id)).moveToWait(TOKEN),
  },
  moveToWaitingChildren: {
    weight: 3,
    draw: onActive,
    run: async (side, { queue, id }) => (await fromId(side, queue, id)).moveToWaitingChildren(TOKEN),
  },
  extendLock: {
    weight: 2,
    draw: onActive,
    run: async (side, { queue, id }) => (await fromId(side, queue, id)).extendLock(TOKEN, 600000),
  },
  foreignToken: {
    weight: 2,
    draw: onActive,
    run: async (side, { queue, id }) => (await fromId(side, queue, id)).moveToCompleted(1, 'not mine', false),
  },
  stalledCheck: {
    weight: 4,
    draw: (random, known) => ({
      queue: random.pick(QUEUES), now: known.now,
      lost: known.active.filter(() => random.chance(0.3)),
    }),
    // A worker that vanished lets its locks expire.
    run: async (side, { queue, now, lost }) => {
      const key = (name) => `bull:${queue}:${name}`;
      await orderSets(side);
      for (const job of lost) await side.connection.del(`bull:${job.queue}:${job.id}:lock`);
      await side.connection.del(key('stalled-check'));
      const recovered = await callCommand(side, 'moveStalledJobsToWait',
        ...['stalled', 'wait', 'active', 'stalled-check', 'meta', 'paused', 'marker', 'events', 'repeat'].map(key),
        1, key(''), now, 600000);
      return recovered.sort();
    },
  },
};
