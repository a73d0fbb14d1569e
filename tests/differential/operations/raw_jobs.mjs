// Commands of a job's life called directly, with arguments that Node's API would not send.
import { pack, qualified } from '../side.mjs';
import {
  customId, deduplication, delay, jobName, payload, priority, queueName, retention, TOKEN,
} from './drawing.mjs';

export const keysOf = (queue, suffixes) => suffixes.split(' ').map((suffix) => `${qualified[queue]}:${suffix}`);
export const prefixOf = (queue) => `${qualified[queue]}:`;

const anyToken = (random) => (random.chance(0.8) ? TOKEN : random.pick(['foreign', '0', '']));
const fieldPatch = (random) => random.pick([undefined, undefined, ['failedReason', 'patched'], ['stacktrace', '["at /x"]', 'tm', 'meta']]);
const packedPatch = (fields) => (fields ? pack(fields) : '');
const ADD_KEYS = {
  addStandardJob: 'wait paused meta id completed delayed active events marker',
  addDelayedJob: 'marker meta id delayed completed events',
  addPrioritizedJob: 'marker meta id prioritized delayed completed active events pc',
  addParentJob: 'meta id delayed waiting-children completed events',
};
const FLAGS = ['fpof', 'cpof', 'idof', 'rdof'];

function drawWorker(random) {
  const worker = { token: anyToken(random), lockDuration: random.pick([30000, 5000]) };
  if (random.chance(0.2)) worker.limiter = { max: random.int(1, 4), duration: random.pick([5000, 60000.7, -9000]) };
  if (random.chance(0.2)) worker.name = 'raw worker';
  return worker;
}

function drawAdd(random, known) {
  const queue = queueName(random);
  const opts = random.chance(0.2) ? {} : { attempts: random.int(0, 2) };
  if (random.chance(0.2)) opts.lifo = true;
  if (random.chance(0.3)) opts.delay = delay(random);
  if (random.chance(0.3)) opts.priority = priority(random);
  if (random.chance(0.25)) opts.de = deduplication(random);
  const parent = random.chance(0.3) && known.job(random);
  return {
    queue, command: random.pick(Object.keys(ADD_KEYS)), name: jobName(random), data: JSON.stringify(payload(random)),
    id: random.chance(0.4) ? customId(random) : '', timestamp: known.now - random.pick([0, 0, 1000, -0.5]),
    parent: parent || undefined, flag: random.pick([undefined, ...FLAGS]), deferred: random.chance(0.3) || undefined,
    scheduler: random.chance(0.1) ? 'tick' : undefined, opts,
  };
}

function runAdd(side, { queue, command, name, data, id, timestamp, parent, flag, deferred, scheduler, opts }) {
  const parentKey = parent && `${qualified[parent.queue]}:${parent.id}`;
  // Each script counts on its own kind of job.
  const stored = { ...opts };
  if (command === 'addDelayedJob') stored.delay ??= 5000;
  if (command === 'addPrioritizedJob') stored.priority ??= 2;
  const job = [prefixOf(queue), id, name, timestamp, parentKey, parent && `${parentKey}:dependencies`,
    parent && { id: parent.id, queueKey: qualified[parent.queue], ...(flag && { [flag]: true }) }, scheduler,
    opts.de && `${prefixOf(queue)}de:${opts.de.id}`, deferred ? 1 : undefined];
  return side.call(command, ...keysOf(queue, ADD_KEYS[command]), pack(job), data, pack(stored));
}

function drawFinish(random, known) {
  const job = known.jobMostly(random, 'active');
  const state = random.pick(['completed', 'completed', 'failed']);
  if (!job) return job;
  const finished = { ...drawWorker(random), token: known.token(random, job), maxMetricsSize: random.pick(['', '', '', 2, 5]) };
  if (random.chance(0.95)) finished.keepJobs = random.pick([{}, { count: random.int(-1, 3) }, { age: random.pick([0, 2, 60]), limit: random.pick([undefined, 1, 1000]) }]);
  if (random.chance(0.95)) finished.attempts = random.int(0, 3);
  return {
    ...job, state, worker: finished, patch: fieldPatch(random), fetch: random.pick(['1', '0', '']),
    value: state === 'completed' ? JSON.stringify(payload(random)) : 'raw reason', now: known.now,
  };
}

function runFinish(side, { queue, id, state, worker, patch, fetch, value, now }) {
  const field = state === 'completed' ? 'returnvalue' : 'failedReason';
  return side.call('moveToFinished', ...keysOf(queue, 'wait active prioritized events stalled limiter delayed paused meta pc'),
    ...keysOf(queue, state), prefixOf(queue) + id, ...keysOf(queue, `metrics:${state} marker`),
    id, now, field, value, state, fetch, prefixOf(queue), pack(worker), packedPatch(patch));
}

const withActive = (draw) => (random, known) => {
  const job = known.jobMostly(random, 'active');
  if (!job) return job;
  const token = known.token(random, job);
  return { ...job, now: known.now, token, ...draw(random, known, token) };
};

export const rawJobs = {
  rawAdd: { weight: 6, draw: drawAdd, run: runAdd },
  rawMoveToActive: {
    weight: 5,
    whole: ['worker'],
    draw: (random, known) => ({ queue: queueName(random), now: known.now, worker: drawWorker(random) }),
    run: (side, { queue, now, worker }) => side.call('moveToActive',
      ...keysOf(queue, 'wait active prioritized events stalled limiter delayed paused meta pc marker'), prefixOf(queue), now, pack(worker)),
  },
  rawMoveToFinished: { weight: 6, whole: ['worker', 'patch'], draw: drawFinish, run: runFinish },
  rawMoveToDelayed: {
    weight: 2,
    whole: ['worker', 'patch'],
    draw: withActive((random, known, token) => ({
      worker: { ...drawWorker(random), token }, delay: delay(random), skip: random.pick(['0', '1']), patch: fieldPatch(random), fetch: random.pick(['0', '1']),
    })),
    run: (side, { queue, id, now, worker, delay: ms, skip, patch, fetch }) => side.call('moveToDelayed',
      ...keysOf(queue, 'marker active prioritized delayed'), prefixOf(queue) + id, ...keysOf(queue, 'events meta stalled wait limiter pc'),
      prefixOf(queue), now, id, worker.token, ms, skip, packedPatch(patch), fetch, pack(worker)),
  },
  rawRetryJob: {
    weight: 2,
    whole: ['patch'],
    draw: withActive((random) => ({ push: random.pick(['LPUSH', 'RPUSH']), patch: fieldPatch(random) })),
    run: (side, { queue, id, now, push, token, patch }) => side.call('retryJob', ...keysOf(queue, 'active wait paused'), prefixOf(queue) + id,
      ...keysOf(queue, 'meta events delayed prioritized pc marker stalled'), prefixOf(queue), now, push, id, token, packedPatch(patch)),
  },
  rawMoveToWaitingChildren: {
    weight: 2,
    draw: withActive((random, known) => ({ child: random.chance(0.3) ? known.job(random) || undefined : undefined })),
    run: (side, { queue, id, now, token, child }) => side.call('moveToWaitingChildren', ...keysOf(queue, 'active waiting-children'), prefixOf(queue) + id,
      `${prefixOf(queue)}${id}:dependencies`, `${prefixOf(queue)}${id}:unsuccessful`,
      ...keysOf(queue, 'stalled events'), token, child ? `${qualified[child.queue]}:${child.id}` : '', now, id, prefixOf(queue)),
  },
  rawMoveJobFromActiveToWait: {
    weight: 1,
    ttlReply: true,
    draw: withActive(() => ({})),
    run: (side, { queue, id, token }) => side.call('moveJobFromActiveToWait',
      ...keysOf(queue, 'active wait stalled paused meta limiter prioritized marker events'), id, token, prefixOf(queue) + id),
  },
  stalledCheck: {
    weight: 5,
    draw: (random, known) => ({ queue: queueName(random), now: known.now, allowed: random.pick([0, 1, 1, 2]), interval: random.pick([5000, 30000]), due: random.chance(0.9) }),
    run: async (side, { queue, now, allowed, interval, due }) => {
      if (due) await side.connection.del(`${prefixOf(queue)}stalled-check`);
      const recovered = await side.call('moveStalledJobsToWait', ...keysOf(queue, 'stalled wait active stalled-check meta paused marker events repeat'),
        allowed, prefixOf(queue), now, interval);
      return recovered.sort();
    },
  },
  rawReprocessJob: {
    weight: 2,
    whole: ['reset'],
    draw: (random, known) => {
      const state = random.pick(['completed', 'failed']);
      const job = known.jobMostly(random, state);
      return job && { ...job, state, push: random.pick(['LPUSH', 'RPUSH']), reset: [random.pick(['0', '1']), random.pick(['0', '1'])] };
    },
    run: (side, { queue, id, state, push, reset }) => side.call('reprocessJob', prefixOf(queue) + id, ...keysOf(queue, `events ${state} wait meta active marker prioritized pc`),
      id, push, state === 'failed' ? 'failedReason' : 'returnvalue', state, ...reset),
  },
  rawExtendLocks: {
    weight: 2,
    whole: ['ids', 'tokens'],
    draw: (random, known) => {
      const queue = queueName(random);
      const ids = [...random.some(known.states.active.filter((job) => job.queue === queue), 0.7).map((job) => job.id), ...random.some(['nobody', 'x'], 0.3)];
      return { queue, ids, tokens: ids.map((id) => known.token(random, { queue, id })), duration: random.pick([5000, 30000]) };
    },
    run: (side, { queue, ids, tokens, duration }) => side.call('extendLocks', ...keysOf(queue, 'stalled'), prefixOf(queue), pack(tokens), pack(ids), duration),
  },
  rawExtendLock: {
    weight: 1,
    draw: withActive(() => ({})),
    run: (side, { queue, id, token }) => side.call('extendLock', `${prefixOf(queue)}${id}:lock`, `${prefixOf(queue)}stalled`, token, 30000, id),
  },
  releaseLock: {
    weight: 1,
    draw: withActive(() => ({})),
    run: (side, { queue, id, token }) => side.call('releaseLock', `${prefixOf(queue)}${id}:lock`, token, 30000),
  },
  saveStacktrace: {
    weight: 1,
    draw: (random, known) => known.job(random),
    run: (side, { queue, id }) => side.call('saveStacktrace', prefixOf(queue) + id, '["at /saved"]', 'saved reason'),
  },
  rawUpdateData: {
    weight: 0.5,
    draw: (random, known) => known.job(random),
    run: (side, { queue, id }) => side.call('updateData', prefixOf(queue) + id, '{"raw":[]}'),
  },
  rawUpdateProgress: {
    weight: 0.5,
    draw: (random, known) => known.job(random),
    run: (side, { queue, id }) => side.call('updateProgress', prefixOf(queue) + id, ...keysOf(queue, 'events meta'), id, '{"raw":1}'),
  },
  rawAddLog: {
    weight: 0.5,
    draw: (random, known) => {
      const job = known.job(random);
      return job && { ...job, keep: random.pick(['', '1', '3']) };
    },
    run: (side, { queue, id, keep }) => side.call('addLog', prefixOf(queue) + id, `${prefixOf(queue)}${id}:logs`, id, 'raw row', keep),
  },
  rawPromote: {
    weight: 1,
    draw: (random, known) => known.jobMostly(random, 'delayed'),
    run: (side, { queue, id }) => side.call('promote', ...keysOf(queue, 'delayed wait paused meta prioritized active pc events marker'), prefixOf(queue), id),
  },
  rawReleaseParent: {
    weight: 1,
    draw: (random, known) => {
      const job = known.jobMostly(random, 'waiting-children');
      return job && { ...job, now: known.now };
    },
    run: (side, { queue, id, now }) => side.call('releaseParentIfNoPendingDependencies', prefixOf(queue) + id, `${prefixOf(queue)}${id}:dependencies`, qualified[queue], id, now),
  },
  rawPause: {
    weight: 1,
    draw: (random) => ({ queue: queueName(random), to: random.pick(['paused', 'resumed', 'resumed']), event: random.pick(['0', '1', '']) }),
    run: (side, { queue, to, event }) => side.call('pause', ...keysOf(queue, to === 'paused' ? 'wait paused' : 'paused wait'),
      ...keysOf(queue, 'meta prioritized events delayed marker'), to, event),
  },
};
