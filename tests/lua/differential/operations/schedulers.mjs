// Job schedulers. The worker's `fetch` creates the iterations that follow.
import { QUEUES } from '../side.mjs';

const IDS = ['every', 'cron'];

function repeatOptions(random, known, id) {
  const opts = id === 'every'
    ? { every: random.pick([1000, 1000, 2500, 60000]) }
    : { pattern: random.pick(['*/5 * * * * *', '*/5 * * * * *', '0 * * * *']), tz: random.pick(['UTC', 'Asia/Tokyo']) };
  if (random.chance(0.15)) opts.limit = random.int(1, 4);
  if (id === 'every' && random.chance(0.2)) opts.offset = random.pick([0, 250, 900]);
  if (random.chance(0.1)) opts.startDate = known.now + random.pick([-3000, 1234]);
  if (random.chance(0.1)) opts.endDate = known.now + random.pick([4000, 900000]);
  if (random.chance(0.1) && !opts.startDate) opts.immediately = true;
  return opts;
}

function template(random) {
  const opts = {};
  if (random.chance(0.2)) opts.priority = random.int(1, 3);
  if (random.chance(0.2)) opts.attempts = 2;
  if (random.chance(0.1)) opts.lifo = true;
  if (random.chance(0.1)) opts.removeOnComplete = true;
  if (random.chance(0.1)) opts.deduplication = { id: `dedup-${random.int(1, 3)}` };
  return random.chance(0.2) ? undefined : { name: 'tick', data: random.pick([undefined, { a: 1 }]), opts };
}

// Where BullMQ has a defect the two differ on purpose: it looks for the iteration that waits only in `paused`
// on a paused queue, and only in `wait` on another (protocol/3 D2), and it overwrites a job that stands in a later slot (D3).
const differs = (known, scheduler) =>
  scheduler && ((known.paused[scheduler.queue] ? scheduler.waits : scheduler.setAside)
    || scheduler.slots.some((slot) => slot > known.now && slot !== scheduler.newest));

const existing = (random, known) => known.schedulers.length > 0 && random.pick(known.schedulers);
const pickOne = ({ queue, id }) => ({ queue, id });

export const schedulers = {
  upsertScheduler: {
    weight: 6,
    draw: (random, known) => {
      const [queue, id] = [random.pick(QUEUES), random.pick(IDS)];
      const scheduler = known.schedulers.find((one) => one.queue === queue && one.id === id);
      return !differs(known, scheduler) && { queue, id, repeat: repeatOptions(random, known, id), template: template(random) };
    },
    run: async (side, { queue, id, repeat, template: job }) => {
      const added = await side.queues[queue].upsertJobScheduler(id, repeat, job);
      return added && [added.id, added.delay];
    },
  },
  removeScheduler: {
    weight: 1,
    draw: (random) => ({ queue: random.pick(QUEUES), id: random.pick(IDS) }),
    run: (side, { queue, id }) => side.queues[queue].removeJobScheduler(id),
  },
  readSchedulers: {
    weight: 1,
    draw: (random, known) => existing(random, known) && pickOne(existing(random, known)),
    run: async (side, { queue, id }) => [await side.queues[queue].getJobScheduler(id),
      await side.queues[queue].getJobScheduler('nobody'), await side.queues[queue].getJobSchedulers()],
  },
};
