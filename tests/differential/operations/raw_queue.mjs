// Commands of queue management called directly, with arguments that Node's API would not send.
import { canonicalHash } from '../keyspace.mjs';
import { pack, qualified } from '../side.mjs';
import { delay, deduplication, priority, queueName } from './drawing.mjs';
import { keysOf, prefixOf } from './raw_jobs.mjs';

const STATES = ['wait', 'paused', 'active', 'delayed', 'prioritized', 'completed', 'failed', 'waiting-children'];
const SCHEDULER_KEYS = 'repeat delayed wait paused meta prioritized marker id events pc';
const flag = (random) => random.pick(['0', '1']);

const onJob = (states, draw, run) => ({
  draw: (random, known) => {
    const job = known.jobMostly(random, ...states);
    return job && { ...job, now: known.now, ...draw(random, known) };
  },
  run,
});

function schedulerOptions(random, known, id) {
  const repeat = random.chance(0.6) ? { every: random.pick([1000, 60000]) } : { pattern: '* * * * *' };
  if (random.chance(0.2)) repeat.offset = random.pick([0, 300]);
  return { repeat: { ...repeat, count: 1 }, jobId: `repeat:${id}:x`, timestamp: known.now, repeatJobKey: id,
    ...(random.chance(0.3) && { priority: priority(random) }), ...(random.chance(0.2) && { lifo: true }), ...(random.chance(0.2) && { attempts: 2 }) };
}

function drawScheduler(random, known) {
  const queue = queueName(random);
  const id = random.pick(['tick', 'nightly', ...known.schedulers[queue]]);
  return { queue, id, now: known.now, next: known.now + random.pick([-500, 0, 60000, 60000]), opts: schedulerOptions(random, known, id) };
}

// Clients send a delay that they could not calculate, and leave it to the script.
const packOptions = (opts) => pack({ ...opts, delay: opts.repeat.every ? NaN : opts.delay });

const templates = [{}, { attempts: 2, priority: 3 }, { de: { id: 'dedup-1' } }];

export const rawQueues = {
  rawAddJobScheduler: {
    weight: 2,
    whole: ['opts'],
    draw: (random, known) => ({
      ...drawScheduler(random, known), data: random.pick(['{}', '{"raw":1}']), template: random.pick(templates),
      limits: random.pick([{}, { limit: 2, tz: 'UTC' }, { startDate: known.now + 1500, endDate: known.now + 9000 }, { startDate: known.now - 1500 }]),
    }),
    run: (side, { queue, id, now, next, opts, data, template, limits }) => side.call('addJobScheduler', ...keysOf(queue, `${SCHEDULER_KEYS} active`),
      opts.repeat.every ? '' : next, pack({ name: 'raw', ...limits, ...opts.repeat, count: undefined }), id, data, pack(template), packOptions(opts), now, prefixOf(queue), ''),
  },
  rawUpdateJobScheduler: {
    weight: 2,
    whole: ['opts'],
    draw: (random, known) => {
      const drawn = drawScheduler(random, known);
      const jobs = known.states.active.filter((job) => job.queue === drawn.queue && job.id.startsWith('repeat:'));
      const producer = jobs.length > 0 && random.chance(0.8) ? random.pick(jobs).id : `repeat:${drawn.id}:${drawn.now}`;
      return { ...drawn, id: random.chance(0.8) ? producer.split(':').slice(1, -1).join(':') : drawn.id, producer };
    },
    run: (side, { queue, id, now, next, opts, producer }) => side.call('updateJobScheduler', ...keysOf(queue, SCHEDULER_KEYS),
      prefixOf(queue) + producer, ...keysOf(queue, 'active'), opts.repeat.every ? '' : next, id, '{"of":"producer"}', packOptions(opts), now, prefixOf(queue), producer),
  },
  rawGetJobScheduler: {
    weight: 0.5,
    draw: drawScheduler,
    run: async (side, { queue, id }) => {
      const [fields, score] = await side.call('getJobScheduler', ...keysOf(queue, 'repeat'), id);
      return [fields && canonicalHash(fields), score];
    },
  },
  rawRemoveJobScheduler: {
    weight: 0.5,
    draw: drawScheduler,
    run: (side, { queue, id }) => side.call('removeJobScheduler', ...keysOf(queue, 'repeat delayed events'), id, prefixOf(queue)),
  },
  rawChangeDelay: { weight: 1, ...onJob(['delayed'], (random) => ({ delay: delay(random) }), (side, { queue, id, now, delay: ms }) =>
    side.call('changeDelay', ...keysOf(queue, 'delayed meta marker events'), ms, now, id, prefixOf(queue) + id)) },
  rawChangePriority: { weight: 1, ...onJob(['wait', 'prioritized', 'paused'], (random) => ({ priority: priority(random), lifo: flag(random) }), (side, { queue, id, priority: to, lifo }) =>
    side.call('changePriority', ...keysOf(queue, 'wait paused meta prioritized active pc marker'), to, prefixOf(queue), id, lifo)) },
  rawMoveJobsToWait: {
    weight: 1,
    draw: (random, known) => ({ queue: queueName(random), state: random.pick(['failed', 'completed', 'delayed']), count: random.pick([1, 2, 1000]), until: random.pick([known.now, known.now - 2000, '9'.repeat(18)]) }),
    run: (side, { queue, state, count, until }) => side.call('moveJobsToWait', prefixOf(queue), ...keysOf(queue, `events ${state} wait paused meta active marker`), count, until, state),
  },
  rawRemoveJob: { weight: 1, ...onJob(STATES, (random) => ({ children: flag(random) }), (side, { queue, id, children }) =>
    side.call('removeJob', prefixOf(queue) + id, ...keysOf(queue, 'repeat'), id, children, prefixOf(queue))) },
  rawRemoveChildDependency: {
    weight: 1,
    draw: (random, known) => {
      const [child, parent] = [known.job(random), known.jobMostly(random, 'waiting-children')];
      return child && parent && { ...child, parent: random.chance(0.9) ? `${qualified[parent.queue]}:${parent.id}` : '' };
    },
    run: (side, { queue, id, parent }) => side.call('removeChildDependency', prefixOf(queue), prefixOf(queue) + id, parent),
  },
  rawRemoveUnprocessedChildren: { weight: 0.5, ...onJob(['waiting-children', 'active'], () => ({}), (side, { queue, id }) =>
    side.call('removeUnprocessedChildren', prefixOf(queue) + id, ...keysOf(queue, 'meta'), prefixOf(queue), id)) },
  rawRemoveDeduplicationKey: { weight: 0.5, ...onJob([], (random) => ({ rule: deduplication(random).id }), (side, { queue, id, rule }) =>
    side.call('removeDeduplicationKey', `${prefixOf(queue)}de:${rule}`, id)) },
  rawCleanJobsInSet: {
    weight: 1.5,
    draw: (random, known) => ({
      queue: queueName(random), state: random.pick(STATES), limit: random.pick([0, 1, 2, 50]), until: random.pick([known.now, known.now - 3000]),
    }),
    run: (side, { queue, state, limit, until }) => side.call('cleanJobsInSet', ...keysOf(queue, `${state} events repeat`), prefixOf(queue), until, limit, state),
  },
  rawDrain: {
    weight: 0.3,
    draw: (random) => ({ queue: queueName(random), delayed: flag(random) }),
    run: (side, { queue, delayed }) => side.call('drain', ...keysOf(queue, 'wait paused delayed prioritized repeat'), prefixOf(queue), delayed),
  },
  rawObliterate: {
    weight: 0.3,
    draw: (random) => ({ queue: queueName(random), budget: random.pick([1, 2, 5, 1000]), force: random.pick(['', 'force']) }),
    run: (side, { queue, budget, force }) => side.call('obliterate', ...keysOf(queue, 'meta'), prefixOf(queue), budget, force),
  },
  rawRemoveOrphanedJobs: {
    weight: 0.7,
    draw: (random, known) => {
      const queue = queueName(random);
      return { queue, ids: random.some(['orphan-1', 'orphan-2', 'nobody', ...known.all.filter((job) => job.queue === queue).map((job) => job.id)], 0.3) };
    },
    run: (side, { queue, ids }) => {
      const sets = ['active', 'wait', 'waiting-children', 'paused', 'delayed', 'prioritized', 'completed', 'failed', 'repeat', 'id', 'meta'];
      const subs = ['logs', 'dependencies', 'lock'];
      return side.call('removeOrphanedJobs', prefixOf(queue), sets.length, ...sets, subs.length, ...subs, ...ids);
    },
  },
};

const range = (random) => [random.pick([0, 0, 1, 2, -3]), random.pick([-1, -1, 0, 2, 5]), flag(random)];

export const rawReads = {
  rawGetCounts: {
    weight: 1,
    draw: (random, known) => ({ queue: queueName(random), args: [...(random.chance(0.5) ? [known.now + random.pick([0, 5000])] : []), ...random.some(STATES, 0.5)] }),
    run: (side, { queue, args }) => side.call('getCounts', prefixOf(queue), ...args),
  },
  rawGetCountsPerPriority: {
    weight: 0.5,
    draw: (random) => ({ queue: queueName(random), priorities: random.some([0, 1, 2, 2097151, -1], 0.6) }),
    run: (side, { queue, priorities }) => side.call('getCountsPerPriority', ...keysOf(queue, 'wait prioritized'), ...priorities),
  },
  rawGetRanges: {
    weight: 1,
    draw: (random) => ({ queue: queueName(random), range: range(random), states: random.some(STATES, 0.5) }),
    whole: ['range'],
    run: (side, { queue, range: bounds, states }) => side.call('getRanges', prefixOf(queue), ...bounds, ...states),
  },
  rawGetJobs: {
    weight: 1.5,
    draw: (random) => ({ queue: queueName(random), range: [...range(random), random.pick([1, 5])], states: random.some(STATES, 0.5) }),
    whole: ['range'],
    run: async (side, { queue, range: bounds, states }) => (await side.call('getJobs', prefixOf(queue), ...bounds, ...states))
      .map((jobs) => jobs.map(([id, fields]) => [id, canonicalHash(fields)])),
  },
  rawGetState: {
    weight: 1.5,
    draw: (random, known) => {
      const job = known.job(random);
      return job && { ...job, command: random.pick(['getState', 'getStateV2']) };
    },
    run: (side, { queue, id, command }) => side.call(command, ...keysOf(queue, 'completed failed delayed active wait paused waiting-children prioritized'), id),
  },
  rawIsJobInList: {
    weight: 0.5,
    draw: (random, known) => {
      const job = known.job(random, 'wait', 'active', 'delayed');
      return job && { ...job, list: random.pick(['wait', 'active', 'paused']) };
    },
    run: (side, { queue, id, list }) => side.call('isJobInList', ...keysOf(queue, list), id),
  },
  rawIsFinished: {
    weight: 1,
    draw: (random, known) => {
      const job = known.jobMostly(random, 'completed', 'failed');
      return job && { ...job, withValue: random.pick(['', '1']) };
    },
    run: (side, { queue, id, withValue }) => side.call('isFinished', ...keysOf(queue, 'completed failed'), prefixOf(queue) + id, id, withValue),
  },
  rawGetDependencyCounts: {
    weight: 0.5,
    draw: (random, known) => {
      const job = known.jobMostly(random, 'waiting-children', 'active');
      return job && { ...job, words: random.some(['processed', 'unprocessed', 'ignored', 'failed'], 0.6) };
    },
    run: (side, { queue, id, words }) => side.call('getDependencyCounts',
      ...['processed', 'dependencies', 'failed', 'unsuccessful'].map((sub) => `${prefixOf(queue)}${id}:${sub}`), ...words),
  },
  rawGetMetrics: {
    weight: 0.5,
    draw: (random) => ({ queue: queueName(random), state: random.pick(['completed', 'failed']), start: random.pick([0, 1]), end: random.pick([-1, 1]) }),
    run: (side, { queue, state, start, end }) => side.call('getMetrics', ...keysOf(queue, `metrics:${state} metrics:${state}:data`), start, end),
  },
  rawPaginate: {
    weight: 1,
    draw: (random, known) => {
      const job = known.jobMostly(random, 'waiting-children', 'active');
      return job && { ...job, sub: random.pick(['dependencies', 'processed', 'failed', 'lock']), start: random.pick([0, 0, 1]), end: random.pick([-1, 0, 2]), withJobs: random.pick(['', '1']) };
    },
    run: async (side, { queue, id, sub, start, end, withJobs }) => {
      const [cursor, offset, items, total, jobs] = await side.call('paginate', `${prefixOf(queue)}${id}:${sub}`, start, end, 0, 0, 5, withJobs);
      return [cursor, offset, items, total, jobs?.map(canonicalHash)];
    },
  },
  rawGetRateLimitTtl: {
    weight: 0.5,
    ttlReply: true,
    draw: (random) => ({ queue: queueName(random), max: random.pick([0, 1, 3]) }),
    run: (side, { queue, max }) => side.call('getRateLimitTtl', ...keysOf(queue, 'limiter meta'), max),
  },
  rawIsMaxed: {
    weight: 0.3,
    draw: (random) => ({ queue: queueName(random) }),
    run: (side, { queue }) => side.call('isMaxed', ...keysOf(queue, 'meta active')),
  },
};
