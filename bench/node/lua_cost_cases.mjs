// What bench/lua-cost measures: for every Lua command a workload, for the hot ones several.
//
// `prepare` fills the queue and is not measured. `call` gives KEYS and ARGV of the i-th call; a call that
// works on many jobs says how many (`each`) and is made less often.
import { NOW, PREFIX, TOKEN, addition, finishing, key, pack, taking } from './lua_world.mjs';

const fields = pack(['failedReason', 'boom', 'stacktrace', '["Error: boom\\n    at x"]']);
const id = (i) => String(i + 1);
const job = (i) => PREFIX + id(i);
const nothing = () => {};

const adding = [
  ['add standard', 'addStandardJob', () => ({})],
  ['add standard, with options', 'addStandardJob',
    () => ({ opts: { attempts: 3, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: 100 } })],
  ['add delayed', 'addDelayedJob', () => ({ opts: { delay: 5000 } })],
  ['add prioritized', 'addPrioritizedJob', (i) => ({ opts: { priority: 1 + (i % 10) } })],
  ['add with custom id', 'addStandardJob', (i) => ({ id: `c${i}`, opts: { jobId: `c${i}` } })],
  ['add, exists already', 'addStandardJob', () => ({ id: 'c', opts: { jobId: 'c' } })],
  ['add, deduplicated', 'addStandardJob', () => ({ opts: { de: { id: 'd' } } })],
  ['add parent', 'addParentJob', () => ({})],
].map(([title, command, draw]) => ({
  title, command, prepare: nothing, call: (i) => addition(command, { at: NOW + i, ...draw(i) }),
}));
adding.push({
  title: 'add child', command: 'addStandardJob', prepare: (world) => world.add(1, { id: 'p' }, 'addParentJob'),
  call: () => addition('addStandardJob', { parent: 'p' }),
});

const limiter = { limiter: { max: 1e6, duration: 60000 } };
const takingCases = [
  { title: 'take', prepare: (world, n) => world.add(n), call: () => taking() },
  { title: 'take, prioritized', prepare: (world, n) => world.add(n, { opts: { priority: 3 } }, 'addPrioritizedJob'), call: () => taking() },
  { title: 'take, nothing there', prepare: nothing, call: () => taking() },
  { title: 'take, limiter', prepare: (world, n) => world.add(n), call: () => taking(limiter) },
].map((one) => ({ command: 'moveToActive', ...one }));

const oneActive = async (world, n) => {
  await world.add(n + 1);
  await world.take(1);
};
const allActive = async (world, n) => {
  await world.add(n, { opts: { attempts: 3 } });
  await world.take(n);
};
const finishingCases = [
  { title: 'finish and fetch next', call: (i) => finishing(i + 1) },
  { title: 'finish and fetch next, removed', call: (i) => finishing(i + 1, { keepJobs: { count: 0 } }) },
  { title: 'finish and fetch next, keep 100', call: (i) => finishing(i + 1, { keepJobs: { count: 100 }, at: NOW + i }) },
  { title: 'finish and fetch next, metrics', call: (i) => finishing(i + 1, { maxMetricsSize: 1000, at: NOW + i * 100 }) },
  { title: 'finish, fetch finds nothing', prepare: allActive, call: (i) => finishing(i + 1) },
  { title: 'finish, no fetch', prepare: allActive, call: (i) => finishing(i + 1, { fetch: false }) },
  { title: 'fail for good and fetch next', call: (i) => finishing(i + 1, { state: 'failed', fields }) },
  {
    title: 'finish child', call: (i) => finishing(i + 1),
    prepare: async (world, n) => {
      await world.add(1, { id: 'p' }, 'addParentJob');
      await world.connection.del(`${PREFIX}id`);
      await world.add(n + 1, { parent: 'p' });
      await world.take(1);
    },
  },
].map((one) => ({ command: 'moveToFinished', prepare: oneActive, ...one }));

const moving = [
  {
    title: 'fail, retry later and fetch next', command: 'moveToDelayed', prepare: oneActive,
    call: (i) => [...key('marker', 'active', 'prioritized', 'delayed', id(i), 'events', 'meta', 'stalled', 'wait', 'limiter', 'pc'),
      PREFIX, NOW + i, id(i), TOKEN, 100000, '0', fields, '1', taking().at(-1)],
  },
  {
    title: 'fail, retry at once', command: 'retryJob', prepare: allActive,
    call: (i) => [...key('active', 'wait', 'paused', id(i), 'meta', 'events', 'delayed', 'prioritized', 'pc', 'marker', 'stalled'),
      PREFIX, NOW, 'LPUSH', id(i), TOKEN, fields],
  },
  {
    title: 'give back', command: 'moveJobFromActiveToWait', prepare: allActive,
    call: (i) => [...key('active', 'wait', 'stalled', 'paused', 'meta', 'limiter', 'prioritized', 'marker', 'events'), id(i), TOKEN, job(i)],
  },
  {
    title: 'wait for children', command: 'moveToWaitingChildren',
    prepare: async (world, n) => {
      await allActive(world, n);
      for (let i = 0; i < n; i++) await world.connection.sadd(`${job(i)}:dependencies`, 'x');
    },
    call: (i) => [...key('active', 'waiting-children', id(i), `${id(i)}:dependencies`, `${id(i)}:unsuccessful`, 'stalled', 'events'),
      TOKEN, '', NOW, id(i), PREFIX],
  },
  {
    title: 'retry finished', command: 'reprocessJob', prepare: (world, n) => world.finish(n, { state: 'failed' }),
    call: (i) => [...key(id(i), 'events', 'failed', 'wait', 'meta', 'active', 'marker', 'prioritized', 'pc'), id(i), 'LPUSH', 'failedReason', 'failed', '', ''],
  },
  {
    title: 'retry finished, 100', command: 'moveJobsToWait', each: 100, prepare: (world, n) => world.finish(n, { state: 'failed' }),
    call: () => [PREFIX, ...key('events', 'failed', 'wait', 'paused', 'meta', 'active', 'marker'), 100, NOW, 'failed'],
  },
  {
    title: 'promote', command: 'promote', prepare: (world, n) => world.add(n, { opts: { delay: 5000 } }, 'addDelayedJob'),
    call: (i) => [...key('delayed', 'wait', 'paused', 'meta', 'prioritized', 'active', 'pc', 'events', 'marker'), PREFIX, id(i)],
  },
  {
    title: 'change delay', command: 'changeDelay', prepare: (world, n) => world.add(n, { opts: { delay: 5000 } }, 'addDelayedJob'),
    call: (i) => [...key('delayed', 'meta', 'marker', 'events'), 100 + i, NOW, id(i), job(i)],
  },
  {
    title: 'change priority', command: 'changePriority', prepare: (world, n) => world.add(n, { opts: { priority: 3 } }, 'addPrioritizedJob'),
    call: (i) => [...key('wait', 'paused', 'meta', 'prioritized', 'active', 'pc', 'marker'), 1 + (i % 9), PREFIX, id(i), '0'],
  },
  {
    title: 'stalled check, 1000 active', command: 'moveStalledJobsToWait', each: 100, prepare: (world) => allActive(world, 1000),
    call: (i) => [...key('stalled', 'wait', 'active', `stalled-check${i}`, 'meta', 'paused', 'marker', 'events', 'repeat'), 1, PREFIX, NOW, 30000],
  },
];

// One call of ours for many jobs, against as many single calls of BullMQ in one pipeline; per job.
const range = (i, of) => Array.from({ length: of }, (_, j) => i * of + j);
const WORKER = { lockDuration: 30000, maxMetricsSize: '' };
const addMany = (of, i) => [...key('wait', 'active', 'prioritized', 'delayed', 'events', 'meta', 'id', 'pc', 'marker'), PREFIX,
  ...range(i, of).flatMap(() => ['', 'job', '{"user":123,"text":"hello world"}', '{"attempts":0}', NOW, 0, 0])];
const finishMany = (of, i) => [...key('wait', 'active', 'prioritized', 'events', 'stalled', 'limiter', 'delayed', 'meta', 'pc', 'marker',
  'completed', 'failed', 'metrics:completed', 'metrics:failed'), PREFIX, NOW, pack(WORKER),
...range(i, of).flatMap((j) => [id(j), TOKEN, '{"ok":true}', pack([{ keepJobs: { count: -1 }, attempts: 0 }, true, true])])];
const sixteenActive = async (world, n) => {
  await world.add(n + 32);
  await world.take(16);
};
const inBatches = [
  {
    title: 'add, in batches of 100', command: 'addStandardJob', prepare: nothing, call: () => addition('addStandardJob'),
    batch: { command: 'addJobs', of: 100, call: (i) => addMany(100, i) },
  },
  {
    title: 'finish and fetch next, batches of 16', command: 'moveToFinished', prepare: sixteenActive, call: (i) => finishing(i + 1),
    batch: { command: 'finishJobs', of: 16, call: (i) => finishMany(16, i) },
  },
];

const small = [
  {
    title: 'extend lock', command: 'extendLock', prepare: (world) => allActive(world, 1),
    call: () => [...key('1:lock', 'stalled'), TOKEN, 30000, '1'],
  },
  {
    title: 'extend 100 locks', command: 'extendLocks', each: 100, prepare: (world) => allActive(world, 100),
    call: () => {
      const ids = Array.from({ length: 100 }, (_, i) => id(i));
      return [...key('stalled'), PREFIX, pack(ids.map(() => TOKEN)), pack(ids), 30000];
    },
  },
  { title: 'release lock', command: 'releaseLock', prepare: allActive, call: (i) => [`${job(i)}:lock`, TOKEN, ''] },
  { title: 'update data', command: 'updateData', prepare: (world) => world.add(1), call: (i) => [job(0), `{"n":${i}}`] },
  { title: 'update progress', command: 'updateProgress', prepare: (world) => world.add(1), call: (i) => [...key('1', 'events', 'meta'), '1', String(i)] },
  { title: 'add log', command: 'addLog', prepare: (world) => world.add(1), call: (i) => [...key('1', '1:logs'), '1', `row ${i}`, '10'] },
  { title: 'save stack trace', command: 'saveStacktrace', prepare: (world) => world.add(1), call: () => [job(0), '["at x"]', 'boom'] },
  {
    title: 'release parent', command: 'releaseParentIfNoPendingDependencies',
    prepare: (world, n) => world.add(n, {}, 'addParentJob'),
    call: (i) => [job(i), `${job(i)}:dependencies`, PREFIX.slice(0, -1), id(i), NOW],
  },
  {
    title: 'pause and resume', command: 'pause', prepare: (world) => world.add(1),
    call: (i) => [...(i % 2 ? key('paused', 'wait') : key('wait', 'paused')), ...key('meta', 'prioritized', 'events', 'delayed', 'marker'),
      i % 2 ? 'resumed' : 'paused', '1'],
  },
  {
    title: 'remove deduplication', command: 'removeDeduplicationKey', prepare: (world, n) => world.add(n, (i) => ({ opts: { de: { id: `d${i}` } } })),
    call: (i) => [`${PREFIX}de:d${i}`, id(i)],
  },
];

const states = ['completed', 'failed', 'delayed', 'active', 'wait', 'paused', 'waiting-children', 'prioritized'];
const reading = [
  { title: 'count jobs', command: 'getCounts', prepare: (world) => world.add(100), call: () => [PREFIX, ...states] },
  { title: 'count by priority', command: 'getCountsPerPriority', prepare: (world) => world.add(100), call: () => [...key('wait', 'prioritized'), 0, 1, 2, 3] },
  {
    title: 'count children', command: 'getDependencyCounts', prepare: nothing,
    call: () => [...['processed', 'dependencies', 'failed', 'unsuccessful'].map((name) => `${job(0)}:${name}`), 'processed', 'unprocessed', 'ignored', 'failed'],
  },
  { title: 'list 100 ids', command: 'getRanges', prepare: (world) => world.add(100), call: () => [PREFIX, 0, 99, '1', 'wait'] },
  { title: 'read 100 jobs', command: 'getJobs', each: 20, prepare: (world) => world.add(100), call: () => [PREFIX, 0, 99, '1', 5, 'wait'] },
  { title: 'state of a job that waits', command: 'getStateV2', prepare: (world) => world.add(100), call: () => [...key(...states), '50'] },
  { title: 'state, old Redis', command: 'getState', prepare: (world) => world.add(100), call: () => [...key(...states), '50'] },
  { title: 'search a list of 100', command: 'isJobInList', prepare: (world) => world.add(100), call: () => [...key('wait'), '50'] },
  { title: 'is finished', command: 'isFinished', prepare: (world) => world.finish(1), call: () => [...key('completed', 'failed', '1'), '1', '1'] },
  { title: 'is maxed', command: 'isMaxed', prepare: (world) => world.add(1), call: () => key('meta', 'active') },
  { title: 'rate limit', command: 'getRateLimitTtl', prepare: nothing, call: () => [...key('limiter', 'meta'), '5'] },
  { title: 'metrics', command: 'getMetrics', prepare: (world) => world.finish(1), call: () => [...key('metrics:completed', 'metrics:completed:data'), 0, -1] },
  {
    title: 'page of 100 children', command: 'paginate', prepare: (world) => world.connection.sadd(`${PREFIX}p:dependencies`, ...Array.from({ length: 500 }, (_, i) => job(i))),
    call: () => [`${PREFIX}p:dependencies`, 0, 99, '0', 0, 5],
  },
];

const SCHEDULER_KEYS = key('repeat', 'delayed', 'wait', 'paused', 'meta', 'prioritized', 'marker', 'id', 'events', 'pc');
const template = pack({ attempts: 3 });
const upsert = (scheduler, now) => [...SCHEDULER_KEYS, PREFIX + 'active', '', pack({ name: 'tick', every: 60000, startDate: NOW + 60000 }), scheduler,
  '{"a":1}', template, pack({ attempts: 3, repeat: { every: 60000, count: 1 }, repeatJobKey: scheduler, timestamp: now }), now, PREFIX, ''];
const someSchedulers = (world, n) => world.run('addJobScheduler', Array.from({ length: n }, (_, i) => upsert(`s${i}`, NOW)));
const schedulers = [
  { title: 'add scheduler', command: 'addJobScheduler', prepare: nothing, call: (i) => upsert(`s${i}`, NOW) },
  { title: 'change scheduler', command: 'addJobScheduler', prepare: someSchedulers, call: (i) => upsert(`s${i}`, NOW + 1) },
  {
    title: 'next iteration', command: 'updateJobScheduler', prepare: (world) => someSchedulers(world, 1),
    call: (i) => [...SCHEDULER_KEYS, '', PREFIX + 'active', '', 's0', '{}', pack({ attempts: 3, repeat: { every: 60000, count: 2 } }),
      NOW, PREFIX, `repeat:s0:${NOW + 60000 * (i + 1)}`],
  },
  { title: 'read scheduler', command: 'getJobScheduler', prepare: (world) => someSchedulers(world, 1), call: () => [...key('repeat'), 's0'] },
  { title: 'remove scheduler', command: 'removeJobScheduler', prepare: someSchedulers, call: (i) => [...key('repeat', 'delayed', 'events'), `s${i}`, PREFIX] },
];

const removing = [
  { title: 'remove, waiting', command: 'removeJob', prepare: (world, n) => world.add(n), call: (i) => [...key(id(i), 'repeat'), id(i), '1', PREFIX] },
  { title: 'remove, completed', command: 'removeJob', prepare: (world, n) => world.finish(n), call: (i) => [...key(id(i), 'repeat'), id(i), '1', PREFIX] },
  {
    title: 'remove with 10 children', command: 'removeJob', each: 10,
    prepare: (world, n) => withChildren(world, n), call: (i) => [...key(`p${i}`, 'repeat'), `p${i}`, '1', PREFIX],
  },
  {
    title: 'remove 10 pending children', command: 'removeUnprocessedChildren', each: 10,
    prepare: (world, n) => withChildren(world, n), call: (i) => [...key(`p${i}`, 'meta'), PREFIX, `p${i}`],
  },
  {
    title: 'break a dependency', command: 'removeChildDependency',
    prepare: async (world, n) => {
      await world.add(1, { id: 'p' }, 'addParentJob');
      await world.add(n, (i) => ({ id: `c${i}`, parent: 'p' }));
    },
    call: (i) => [PREFIX, `${PREFIX}c${i}`, `${PREFIX}p`],
  },
  {
    title: 'clean 100 completed', command: 'cleanJobsInSet', each: 100, prepare: (world, n) => world.finish(n),
    call: () => [...key('completed', 'events', 'repeat'), PREFIX, NOW, 100, 'completed'],
  },
  {
    title: 'clean 100 waiting', command: 'cleanJobsInSet', each: 100, prepare: (world, n) => world.add(n),
    call: () => [...key('wait', 'events', 'repeat'), PREFIX, NOW, 100, 'wait'],
  },
  { title: 'drain 1000', command: 'drain', each: 1000, prepare: (world) => world.add(1000), call: () => [...key('wait', 'paused', 'delayed', 'prioritized', 'repeat'), PREFIX, '0'] },
  {
    title: 'obliterate 100', command: 'obliterate', each: 100,
    prepare: async (world, n) => {
      await world.finish(n);
      await world.connection.hset(`${PREFIX}meta`, 'paused', '1');
    },
    call: () => [...key('meta'), PREFIX, 100, ''],
  },
  {
    title: 'look for 100 orphans', command: 'removeOrphanedJobs', each: 100, prepare: (world, n) => world.finish(n),
    call: (i) => [PREFIX, 5, 'active', 'wait', 'delayed', 'completed', 'failed', 2, 'logs', 'lock', ...Array.from({ length: 100 }, (_, j) => id(i * 100 + j))],
  },
];

async function withChildren(world, parents) {
  await world.add(parents, (i) => ({ id: `p${i}` }), 'addParentJob');
  await world.add(parents * 10, (i) => ({ id: `c${i}`, parent: `p${i % parents}` }));
}

export const cases = [...adding, ...takingCases, ...finishingCases, ...inBatches, ...moving, ...small, ...schedulers, ...removing, ...reading];
