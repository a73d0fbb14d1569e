// Changing single jobs.
import { fromId, onAny, onAnyOrIteration } from './drawing.mjs';

export const jobs = {
  progress: {
    weight: 2,
    draw: onAny,
    run: async (side, { queue, id }) => (await fromId(side, queue, id))?.updateProgress({ at: 0.5 }),
  },
  log: {
    weight: 2,
    draw: (random, known) => onAny(random, known) && { ...onAny(random, known), keep: random.pick([undefined, 2]) },
    run: (side, { queue, id, keep }) => side.queues[queue].addJobLog(id, 'row', keep),
  },
  updateData: {
    weight: 1,
    draw: onAny,
    run: async (side, { queue, id }) => (await fromId(side, queue, id))?.updateData({ changed: true }),
  },
  promote: {
    weight: 2,
    draw: onAny,
    run: async (side, { queue, id }) => (await fromId(side, queue, id))?.promote(),
  },
  retryFinished: {
    weight: 4,
    draw: (random, known) => onAny(random, known) && { ...onAny(random, known), state: random.pick(['failed', 'completed']), reset: random.chance(0.5) },
    run: async (side, { queue, id, state, reset }) =>
      (await fromId(side, queue, id))?.retry(state, { resetAttemptsMade: reset, resetAttemptsStarted: reset }),
  },
  changeDelay: {
    weight: 3,
    draw: (random, known) => onAnyOrIteration(random, known) && {
      ...onAnyOrIteration(random, known), delay: random.pick([0, 1, 300, 1500.5, 5000]),
    },
    run: async (side, { queue, id, delay }) => (await fromId(side, queue, id))?.changeDelay(delay),
  },
  changePriority: {
    weight: 4,
    draw: (random, known) => onAnyOrIteration(random, known) && {
      ...onAnyOrIteration(random, known), priority: random.pick([0, 1, 3, 2097151]), lifo: random.chance(0.3),
    },
    run: async (side, { queue, id, priority, lifo }) => (await fromId(side, queue, id))?.changePriority({ priority, lifo }),
  },
};
