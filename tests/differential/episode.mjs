// One episode: some hundred operations on empty databases, run on both sides in lockstep.
import { differences } from './differences.mjs';
import { Keyspace, describeKey, differingKeys } from './keyspace.mjs';
import { Known } from './known.mjs';
import { groups, operations, perform } from './operations/index.mjs';
import { retention } from './operations/drawing.mjs';
import { randomNumbers } from './random.mjs';
import { qualified } from './side.mjs';
import { START, enterWorld } from './simulated_world.mjs';

// ms between two steps, and how often.
const PAUSES = [[0, 30], [1, 15], [7, 10], [400, 15], [2500, 20], [6000, 5], [40000, 3], [3600000, 1]];
const ALWAYS = ['add', 'fetch', 'complete', 'fail', 'resume'];

/** Both sides and what watches them. */
export class Pair {
  constructor(theirs, ours, coverage) {
    Object.assign(this, { theirs, ours, coverage });
  }

  async open(workers) {
    enterWorld(START, 'open');
    await this.theirs.open(workers);
    await this.ours.open(workers);
  }

  async close() {
    await this.theirs.closeEpisode();
    await this.ours.closeEpisode();
  }
}

/** An episode is its workers' options and its steps: { now, seed, name, values, counters }. */
export class Episode {
  constructor(pair, { workers, record = { workers, steps: [] } }) {
    this.pair = pair;
    this.record = record;
    this.known = new Known(START);
    this.aged = START;
  }

  async begin() {
    await this.pair.open(this.record.workers);
    this.keyspaces = { theirs: new Keyspace(this.pair.theirs.connection), ours: new Keyspace(this.pair.ours.connection) };
    this.before = await this.#read();
    this.known.learn(this.before.theirs);
  }

  async #read(ms = 0) {
    const [theirs, ours] = await Promise.all([this.keyspaces.theirs.read(ms), this.keyspaces.ours.read(ms)]);
    return { theirs, ours };
  }

  /** Runs a step on both sides. Returns what differs, as text, or nothing. */
  async step(step) {
    await this.liveUntil(step.now);
    await this.#setCounters(step.counters);
    const replies = {};
    this.pair.coverage.operation = step.name;
    for (const side of ['theirs', 'ours']) {
      enterWorld(step.now, step.seed);
      replies[side] = await perform(this.pair[side], step);
    }
    if (replies.theirs.error) this.pair.coverage.noteError(step.name, replies.theirs);
    const after = await this.#read();
    const difference = await this.#compare({ ...step, before: this.before.ours, after, replies });
    this.before = { theirs: after.ours, ours: after.ours };
    this.known.learn(after.ours);
    return difference;
  }

  /** Lets the clock reach `now`; what ends until then ends. */
  async liveUntil(now) {
    this.known.now = now;
    const ms = Math.floor((now - this.aged) / 1000) * 1000;
    if (ms <= 0) return;
    this.aged += ms;
    this.before = await this.#read(ms);
    this.known.learn(this.before.theirs);
  }

  // In a shortened episode later jobs keep the ids that they had in the whole one.
  async #setCounters(counters = {}) {
    for (const [queue, counter] of Object.entries(counters)) {
      if (this.known.counters[queue] === counter) continue;
      for (const side of ['theirs', 'ours']) await this.pair[side].connection.set(`${qualified[queue]}:id`, counter);
    }
  }

  async #compare(step) {
    const { replies, after } = step;
    let sameReply = compared(replies.theirs) === compared(replies.ours);
    let keys = differingKeys(after.theirs, after.ours);
    for (const { name, accept } of sameReply && keys.length === 0 ? [] : differences) {
      const accepted = accept({ ...step, keys, sameReply });
      if (!accepted) continue;
      this.pair.coverage.noteDifference(name);
      await this.#adopt(accepted.keys.filter((key) => keys.includes(key)));
      keys = keys.filter((key) => !accepted.keys.includes(key));
      sameReply ||= accepted.reply === true;
    }
    if (!sameReply) return describeReplies(replies);
    return keys.length > 0 ? keys.map((key) => describeKey(key, after.theirs, after.ours)).join('\n') : undefined;
  }

  // BullMQ's side takes our content over, so that what follows can be compared exactly again.
  async #adopt(keys) {
    const { theirs, ours } = this.pair;
    for (const key of keys) {
      if (await ours.connection.exists(key)) {
        await ours.connection.copy(key, key, 'DB', theirs.connection.options.db, 'REPLACE');
      } else {
        await theirs.connection.del(key);
      }
      this.keyspaces.theirs.cursors[key] = this.keyspaces.ours.cursors[key];
    }
  }
}

const describeReplies = ({ theirs, ours }) => `reply\n  BullMQ: ${JSON.stringify(theirs)}\n  ours:   ${JSON.stringify(ours)}`;

const compared = ({ detail, ...reply }) => JSON.stringify(reply);

function drawWorkers(random) {
  const options = (more) => ({
    lockDuration: random.pick([30000, 600000]),
    ...(random.chance(0.2) && { removeOnComplete: asObject(retention(random)) }),
    ...(random.chance(0.2) && { removeOnFail: asObject(retention(random)) }),
    ...more,
  });
  return {
    alpha: options({}),
    beta: options({ name: 'named', metrics: { maxDataPoints: random.pick([1, 3, 60]) }, limiter: { max: random.pick([3, 40]), duration: 60000 } }),
    gamma: options({}),
  };
}

const asObject = (kept) => (typeof kept === 'object' ? kept : { count: Number(kept) });

// Each episode leaves out some operations and favours a group, so that long chains of one kind happen.
// Operations of `wanted` are in each, and more often.
function drawWeights(random, wanted = new Set()) {
  const favoured = random.pick(Object.keys(groups));
  const entries = [];
  for (const [group, members] of Object.entries(groups)) {
    for (const [name, { weight }] of Object.entries(members)) {
      const isWanted = wanted.has(name);
      if (random.chance(0.6) || isWanted || ALWAYS.includes(name)) {
        entries.push([name, weight * (group === favoured ? 3 : 1) + (isWanted ? 5 : 0)]);
      }
    }
  }
  return entries;
}

function drawStep(random, known, weights) {
  for (;;) {
    const name = random.weighted(weights);
    const values = operations[name].draw(random, known);
    if (values) return { name, values: JSON.parse(JSON.stringify(values)) };
  }
}

/** Draws and runs an episode. Returns { record, difference? }. */
export async function runRandomEpisode(pair, seed, length, wanted) {
  const random = randomNumbers(seed);
  const episode = new Episode(pair, { workers: drawWorkers(random) });
  const weights = drawWeights(random, wanted);
  await episode.begin();
  let difference;
  for (let i = 0; i < length && !difference; i++) {
    const now = episode.known.now + random.weighted(PAUSES);
    await episode.liveUntil(now);
    const step = { now, seed: `${seed}/${i}`, counters: { ...episode.known.counters }, ...drawStep(random, episode.known, weights) };
    episode.record.steps.push(step);
    difference = await episode.step(step);
  }
  await pair.close();
  return { record: episode.record, difference };
}

/** Runs the steps of a record. Returns { record up to the difference, difference? }. */
export async function replayEpisode(pair, record) {
  const episode = new Episode(pair, { record });
  await episode.begin();
  for (const [i, step] of record.steps.entries()) {
    const difference = await episode.step(step);
    if (difference) {
      await pair.close();
      return { record: { ...record, steps: record.steps.slice(0, i + 1) }, difference };
    }
  }
  await pair.close();
  return { record };
}
