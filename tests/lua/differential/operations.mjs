// The operations of a random run. Each is drawn once (`draw`, with the run's random numbers and what it
// knows of the queue) and then run on both sides with the same values.
import { Job, UnrecoverableError } from 'bullmq';
import { QUEUES, callCommand } from './side.mjs';

const TOKEN = 'token';

function jobOptions(random, known) {
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

function deduplication(random) {
  const rule = { id: `dedup-${random.int(1, 3)}` };
  if (random.chance(0.5)) rule.ttl = random.pick([200000, 800000]);
  for (const flag of ['extend', 'replace', 'keepLastIfActive', 'reschedule']) {
    if (random.chance(0.35)) rule[flag] = true;
  }
  return rule;
}

function fixedError(message, Class = Error) {
  const error = new Class(message);
  error.stack = `Error: ${message}\n    at somewhere`;
  return error;
}

// A job acts with the options of the worker that it belongs to.
const fromId = (side, queue, id) => Job.fromId(side.workers[queue], id);

// What a reply says, without the functions and handles of the library's objects. Locks and rate limits
// run for ten minutes: what is left of them differs by the milliseconds between the two sides.
const withoutClock = (key, value) => (value > 400000 && value < 600000 ? 'some of ten minutes' : value);
const summary = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value, withoutClock)));

const onActive = (random, known) => known.active.length > 0 && random.pick(known.active);
const onAny = (random, known) => known.ids.length > 0 && random.pick(known.ids);

export const operations = {
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
  addChildOfExisting: {
    weight: 4,
    draw: (random, known) => {
      const parent = onAny(random, known);
      return parent && {
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
  fetch: {
    weight: 26,
    draw: (random) => ({ queue: random.pick(QUEUES) }),
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
  pause: {
    weight: 1,
    draw: (random) => ({ queue: random.pick(QUEUES) }),
    run: (side, { queue }) => side.queues[queue].pause(),
  },
  resume: {
    weight: 4,
    draw: (random) => ({ queue: random.pick(QUEUES) }),
    run: (side, { queue }) => side.queues[queue].resume(),
  },
  globalConcurrency: {
    weight: 1,
    draw: (random) => ({ queue: random.pick(QUEUES), limit: random.pick([1, 3, 100]) }),
    run: (side, { queue, limit }) => side.queues[queue].setGlobalConcurrency(limit),
  },
  globalRateLimit: {
    weight: 1,
    draw: (random) => ({ queue: random.pick(QUEUES), max: random.pick([0, 0, 0, 5]) }),
    run: (side, { queue, max }) =>
      max ? side.queues[queue].setGlobalRateLimit(max, 600000) : side.queues[queue].removeGlobalRateLimit(),
  },
  liftRateLimit: {
    weight: 2,
    draw: (random) => ({ queue: random.pick(QUEUES) }),
    run: (side, { queue }) => side.queues[queue].removeRateLimitKey(),
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
      for (const job of lost) await side.connection.del(`bull:${job.queue}:${job.id}:lock`);
      await side.connection.del(key('stalled-check'));
      const recovered = await callCommand(side, 'moveStalledJobsToWait',
        ...['stalled', 'wait', 'active', 'stalled-check', 'meta', 'paused', 'marker', 'events', 'repeat'].map(key),
        1, key(''), now, 600000);
      return recovered.sort();
    },
  },
  obliterate: {
    weight: 0.4,
    draw: (random) => ({ queue: random.pick(QUEUES), force: random.chance(0.7), count: random.pick([3, 1000]) }),
    run: (side, { queue, force, count }) => side.queues[queue].obliterate({ force, count }),
  },
};

/** Runs an operation on a side. Errors are part of what is compared. */
export async function perform(side, name, values) {
  try {
    return { reply: summary(await operations[name].run(side, values)) };
  } catch (error) {
    return { error: error.message.replace(/script: .*/, ''), code: error.code };
  }
}
