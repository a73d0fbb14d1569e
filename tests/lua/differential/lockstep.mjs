// Runs the same random operations through Node BullMQ as published and through Node BullMQ on our Lua
// commands, and compares replies and whole keyspaces after every operation.
//
// usage: node lockstep.mjs SOCKET EXPORTED_DIR SEED OPERATIONS
import assert from 'node:assert';
import { firstDifference, readKeyspace } from './keyspace.mjs';
import { learn } from './known.mjs';
import { operations, perform } from './operations.mjs';
import { QUEUES, openSide, readExportedCommands } from './side.mjs';

const [path, exported, seed, count] = process.argv.slice(2);

// Mulberry32: a run can be repeated by its seed.
function randomNumbers(state) {
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const int = (low, high) => low + Math.floor(next() * (high - low + 1));
  return { next, int, chance: (p) => next() < p, pick: (list) => list[int(0, list.length - 1)] };
}

function drawOperation(random, known) {
  const total = Object.values(operations).reduce((sum, op) => sum + op.weight, 0);
  for (;;) {
    let at = random.next() * total;
    const [name, op] = Object.entries(operations).find(([, candidate]) => (at -= candidate.weight) < 0);
    const values = op.draw(random, known);
    if (values) return { name, values };
  }
}

const random = randomNumbers(Number(seed));
const known = { now: 1760000000000, counter: 0 };
// cron patterns are worked out from `new Date()`.
globalThis.Date = class extends Date {
  constructor(...args) {
    super(...(args.length > 0 ? args : [known.now]));
  }

  static now() {
    return known.now;
  }
};

const theirs = await openSide({ path, db: 1 });
const ours = await openSide({ path, db: 2, replacements: readExportedCommands(exported) });
const history = [];
const used = {};
let failed;
try {
  await learn(known, theirs);
  for (let i = 0; i < Number(count) && !failed; i++) {
    known.now += random.pick([0, 0, 1, 7, 400, 2500]);
    const { name, values } = drawOperation(random, known);
    history.push(`${known.now} ${name} ${JSON.stringify(values)}`);
    used[name] = (used[name] ?? 0) + 1;
    const expected = await perform(theirs, name, values);
    const got = await perform(ours, name, values);
    try {
      assert.deepStrictEqual(got, expected);
    } catch (error) {
      failed = `reply differs (+ ours, - BullMQ)\n${error.message}`;
    }
    failed ??= firstDifference(await readKeyspace(theirs.connection, QUEUES), await readKeyspace(ours.connection, QUEUES));
    await learn(known, theirs);
  }
} finally {
  const replaced = [...ours.replaced].sort();
  await Promise.all([theirs.close(), ours.close()]);
  if (failed) {
    console.error(`seed ${seed}, operation ${history.length}:\n${history.slice(-12).join('\n')}\n${failed}`);
    process.exitCode = 1;
  } else {
    console.log(JSON.stringify({ seed: Number(seed), operations: history.length, used, replaced }));
  }
}
