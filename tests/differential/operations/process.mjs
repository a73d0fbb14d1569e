// Taking, finishing, retrying and giving back jobs through Node's Worker and Job.
import { Job, UnrecoverableError, qualified } from '../side.mjs';
import { TOKEN, payload, queueName } from './drawing.mjs';

/** A job that acts with the options of its queue's worker. */
export async function jobOf(side, { queue, id }) {
  const job = await Job.fromId(side.workers[queue], id);
  if (!job) throw new Error(`no job ${id}`);
  return job;
}

function failure(message, Class = Error) {
  const error = new Class(message);
  error.stack = `Error: ${message}\n    at somewhere`;
  return error;
}

const MESSAGES = ['boom', '', 'zażółć /gęślą/ "jaźń"', 'x'.repeat(2000)];
const active = (random, known) => known.jobMostly(random, 'active');

export const processing = {
  fetch: {
    weight: 30,
    draw: (random) => ({ queue: queueName(random), token: random.chance(0.9) ? TOKEN : random.pick(['token-2', '0']) }),
    run: (side, { queue, token: holder }) => side.workers[queue].getNextJob(holder, { block: false }),
  },
  // An idle worker takes the marker when it wakes up.
  popMarker: {
    weight: 5,
    draw: (random) => ({ queue: queueName(random) }),
    run: (side, { queue }) => side.connection.zpopmin(`${qualified[queue]}:marker`),
  },
  complete: {
    weight: 13,
    draw: (random, known) => {
      const job = active(random, known);
      return job && { ...job, value: payload(random), token: known.token(random, job), fetch: random.chance(0.6) };
    },
    run: async (side, { value, token: holder, fetch, ...job }) => (await jobOf(side, job)).moveToCompleted(value, holder, fetch),
  },
  fail: {
    weight: 13,
    draw: (random, known) => {
      const job = active(random, known);
      return job && {
        ...job, message: random.pick(MESSAGES), final: random.chance(0.3), token: known.token(random, job), fetch: random.chance(0.6),
      };
    },
    run: async (side, { message, final, token: holder, fetch, ...job }) =>
      (await jobOf(side, job)).moveToFailed(failure(message, final ? UnrecoverableError : Error), holder, fetch),
  },
  moveToDelayed: {
    weight: 3,
    draw: (random, known) => {
      const job = active(random, known);
      return job && { ...job, until: known.now + random.pick([-1000, 0, 1, 700, 700, 5000, 90000]), token: known.token(random, job) };
    },
    run: async (side, { until, token: holder, ...job }) => (await jobOf(side, job)).moveToDelayed(until, holder),
  },
  moveToWait: {
    weight: 3,
    ttlReply: true,
    draw: (random, known) => {
      const job = active(random, known);
      return job && { ...job, token: known.token(random, job) };
    },
    run: async (side, { token: holder, ...job }) => (await jobOf(side, job)).moveToWait(holder),
  },
  moveToWaitingChildren: {
    weight: 4,
    draw: (random, known) => {
      const job = active(random, known);
      const child = random.chance(0.3) && known.job(random);
      return job && { ...job, token: known.token(random, job), child: child ? { id: child.id, queue: qualified[child.queue] } : undefined };
    },
    run: async (side, { token: holder, child, ...job }) => (await jobOf(side, job)).moveToWaitingChildren(holder, child && { child }),
  },
  extendLock: {
    weight: 2,
    draw: (random, known) => {
      const job = active(random, known);
      return job && { ...job, token: known.token(random, job), duration: random.pick([30000, 5000]) };
    },
    run: async (side, { token: holder, duration, ...job }) => (await jobOf(side, job)).extendLock(holder, duration),
  },
  updateProgress: {
    weight: 2,
    draw: (random, known) => {
      const job = known.job(random);
      return job && { ...job, progress: random.pick([0, 42, 0.5, 'half', { at: '/x' }, [1, 2], true]) };
    },
    run: (side, { queue, id, progress }) => side.queues[queue].updateJobProgress(id, progress),
  },
  addLog: {
    weight: 2,
    draw: (random, known) => {
      const job = known.job(random);
      return job && { ...job, row: random.pick(['row', '', 'ż\n']), keep: random.pick([undefined, 0, 1, 2]) };
    },
    run: (side, { queue, id, row, keep }) => side.queues[queue].addJobLog(id, row, keep),
  },
  clearLogs: {
    weight: 0.5,
    draw: (random, known) => {
      const job = known.job(random);
      return job && { ...job, keep: random.pick([undefined, 1]) };
    },
    run: async (side, { keep, ...job }) => (await jobOf(side, job)).clearLogs(keep),
  },
  updateData: {
    weight: 1,
    draw: (random, known) => {
      const job = known.job(random);
      return job && { ...job, data: payload(random) };
    },
    run: async (side, { data, ...job }) => (await jobOf(side, job)).updateData(data),
  },
  limitRate: {
    weight: 1,
    draw: (random) => ({ queue: queueName(random), ms: random.pick([5000, 60000]) }),
    run: (side, { queue, ms }) => side.queues[queue].rateLimit(ms),
  },
};
