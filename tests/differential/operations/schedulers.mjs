// Job schedulers through Node's Queue. What a scheduler's job starts is the worker's part (fetch).
import { jobOptions, jobName, payload, queueName, deduplication } from './drawing.mjs';

const SCHEDULERS = ['tick', 'nightly', 'планувальник', 'with:colon'];
const PATTERNS = ['0 0 * * *', '*/5 * * * * *', '* * * * *', '0 9 * * 1#2', '0 0 13 * 5'];

function repetition(random, known) {
  const repeat = random.chance(0.65)
    ? { every: random.pick([1000, 1500, 60000, 3600000]) }
    : { pattern: random.pick(PATTERNS), ...(random.chance(0.3) && { tz: 'Europe/Paris' }) };
  if (repeat.every && random.chance(0.25)) repeat.offset = random.pick([0, 200, 900]);
  if (random.chance(0.2)) repeat.limit = random.int(1, 3);
  if (random.chance(0.15)) repeat.startDate = known.now + random.pick([-100000, 5000, 100000]);
  if (random.chance(0.15)) repeat.endDate = known.now + random.pick([3000, 200000]);
  if (random.chance(0.1) && repeat.pattern && !repeat.startDate) repeat.immediately = true;
  return repeat;
}

const scheduler = (random, known) => {
  const queue = queueName(random);
  const existing = known.schedulers[queue];
  return { queue, scheduler: existing.length > 0 && random.chance(0.7) ? random.pick(existing) : random.pick(SCHEDULERS) };
};

export const scheduling = {
  upsertScheduler: {
    weight: 7,
    draw: (random, known) => ({
      ...scheduler(random, known), repeat: repetition(random, known),
      template: random.chance(0.2) ? undefined : {
        name: jobName(random), data: random.chance(0.3) ? undefined : payload(random),
        opts: { ...jobOptions(random, known), timestamp: undefined, ...(random.chance(0.1) && { deduplication: deduplication(random) }) },
      },
    }),
    run: async (side, { queue, scheduler: id, repeat, template }) => {
      const job = await side.queues[queue].upsertJobScheduler(id, repeat, template);
      return job && [job.id, job.opts.delay];
    },
  },
  removeScheduler: {
    weight: 1,
    draw: scheduler,
    run: (side, { queue, scheduler: id }) => side.queues[queue].removeJobScheduler(id),
  },
  getScheduler: {
    weight: 1,
    draw: scheduler,
    run: (side, { queue, scheduler: id }) => side.queues[queue].getJobScheduler(id),
  },
  getSchedulers: {
    weight: 0.5,
    draw: (random) => ({ queue: queueName(random), ascending: random.chance(0.5) }),
    run: (side, { queue, ascending }) => side.queues[queue].getJobSchedulers(0, -1, ascending),
  },
};
