// What a run knows of its queues: read from BullMQ's side after every step, used to draw the next one.
import { TOKEN } from './operations/drawing.mjs';
import { QUEUES, qualified } from './side.mjs';

const LISTS = ['wait', 'paused', 'active'];
const SORTED = ['prioritized', 'delayed', 'waiting-children', 'completed', 'failed'];
const SUB_KEYS = /:(lock|logs|dependencies|processed|failed|unsuccessful)$/;

const everySecond = (list) => list.filter((_, i) => i % 2 === 0);

/** Jobs as { queue, id }: `all` of them and by state; schedulers and deduplication ids by queue. */
export class Known {
  constructor(now) {
    this.now = now;
    this.counter = 0;
    this.learn(new Map());
  }

  learn(dump) {
    this.all = [];
    this.states = Object.fromEntries([...LISTS, ...SORTED].map((state) => [state, []]));
    this.schedulers = {};
    this.counters = {};
    this.locks = {};
    for (const { name } of QUEUES) this.#learnQueue(name, `${qualified[name]}:`, dump);
  }

  #learnQueue(queue, base, dump) {
    const ids = new Set();
    const learnState = (state, members) => {
      for (const id of members) {
        ids.add(id);
        this.states[state].push({ queue, id });
      }
    };
    for (const state of LISTS) learnState(state, dump.get(base + state)?.value ?? []);
    for (const state of SORTED) learnState(state, everySecond(dump.get(base + state)?.value ?? []));
    for (const [key, { type, value }] of dump) {
      if (!key.startsWith(base)) continue;
      if (type === 'string' && key.endsWith(':lock')) this.locks[key] = value;
      if (type !== 'hash' || SUB_KEYS.test(key)) continue;
      if (everySecond(value).some((field) => ['timestamp', 'ats', 'stc'].includes(field))) ids.add(key.slice(base.length));
    }
    this.all.push(...[...ids].map((id) => ({ queue, id })));
    this.schedulers[queue] = everySecond(dump.get(`${base}repeat`)?.value ?? []);
    this.counters[queue] = dump.get(`${base}id`)?.value;
  }

  /** Draws a job, from one of the states if they are given; rarely one that does not exist. */
  job(random, ...states) {
    if (random.chance(0.02)) return { queue: random.pick(QUEUES).name, id: 'nobody' };
    const from = states.length > 0 ? states.flatMap((state) => this.states[state]) : this.all;
    return from.length > 0 && random.pick(from);
  }

  /** Draws a token: most often the one under which the job is locked, or the one that needs no lock. */
  token(random, { queue, id }) {
    const holder = this.locks[`${qualified[queue]}:${id}:lock`] ?? random.pick([TOKEN, '0', '0']);
    return random.chance(0.9) ? holder : random.pick([TOKEN, 'foreign', '0', '']);
  }

  /** Draws a job that is probably in one of the states. */
  jobMostly(random, ...states) {
    return (random.chance(0.85) && this.job(random, ...states)) || this.job(random);
  }
}
