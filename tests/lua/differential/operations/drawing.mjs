// What the operations draw their values from.
import { Job } from 'bullmq';

export const TOKEN = 'token';

export function jobOptions(random, known) {
  const opts = {};
  if (random.chance(0.4)) opts.attempts = random.int(1, 3);
  if (random.chance(0.3)) {
    opts.backoff = random.pick([{ type: 'fixed', delay: 0 }, { type: 'fixed', delay: 500 },
      { type: 'exponential', delay: 100 }]);
  }
  if (random.chance(0.2)) opts.removeOnComplete = random.pick([true, 2, { age: 3 }, { age: 60, count: 3 }]);
  if (random.chance(0.2)) opts.removeOnFail = random.pick([true, 1, { age: 3, limit: 2 }]);
  if (random.chance(0.15)) opts.jobId = `custom-${random.int(1, 8)}`;
  if (random.chance(0.1)) opts.timestamp = known.now - random.int(0, 5000);
  if (random.chance(0.1)) opts.stackTraceLimit = random.int(0, 2);
  const kind = random.int(0, 6);
  if (kind === 0) opts.delay = random.pick([1, 300, 1500.5, 5000, 5000]);
  else if (kind === 1) opts.priority = random.pick([1, 2, 3, 2097151]);
  else if (kind === 2) opts.lifo = true;
  else if (kind === 3) Object.assign(opts, { delay: random.int(1, 3000), priority: random.int(1, 5) });
  return opts;
}

// A job acts with the options of the worker that it belongs to.
export const fromId = (side, queue, id) => Job.fromId(side.workers[queue], id);

export const onActive = (random, known) => known.active.length > 0 && random.pick(known.active);
export const onAny = (random, known) => known.ids.length > 0 && random.pick(known.ids);
export const onAnyOrIteration = (random, known) => {
  const all = [...known.ids, ...known.iterations];
  return all.length > 0 && random.pick(all);
};

export const FINISHED = ['completed', 'failed'];
/** The states that Queue.clean() takes, and the keys of all states. */
export const STATES = ['completed', 'failed', 'wait', 'active', 'paused', 'delayed', 'prioritized'];
export const STATE_KEYS = [...STATES, 'waiting-children'];
