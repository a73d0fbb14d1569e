// Compares Node BullMQ on its own Lua commands with Node BullMQ on ours. See README.md for the options.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Coverage } from './coverage.mjs';
import { differences } from './differences.mjs';
import { Pair, replayEpisode, runRandomEpisode } from './episode.mjs';
import { findFaults } from './find_faults.mjs';
import { enoughDone, options } from './options.mjs';
import { startRedis } from './redis_server.mjs';
import { shrink } from './shrink.mjs';
import { Side, readExportedCommands } from './side.mjs';

const ENOUGH_FOR_ALL = 3000; // operations
const FAILURES = new URL('../../build/differential/', import.meta.url);

function describe({ record, difference }) {
  const steps = record.steps.map((step) => `  ${step.now} ${step.name} ${JSON.stringify(step.values)}`);
  return `workers ${JSON.stringify(record.workers)}\n${steps.join('\n')}\n${difference}`;
}

function save(name, record) {
  mkdirSync(FAILURES, { recursive: true });
  writeFileSync(new URL(`${name}.json`, FAILURES), JSON.stringify(record, null, 1));
  return `build/differential/${name}.json`;
}

/** Runs episodes until time or operations are used up. Returns { operations, failures }. */
async function runEpisodes(pair) {
  const enough = enoughDone();
  let operations = 0;
  let failures = 0;
  for (let i = 0; !enough(operations); i++) {
    const outcome = await runRandomEpisode(pair, `${options.seed}.${i}`, Number(options.length));
    operations += outcome.record.steps.length;
    if (!outcome.difference) continue;
    failures++;
    const short = await shrink(pair, outcome);
    const file = save(`seed-${options.seed}.${i}`, short.record);
    console.log(`\nepisode ${options.seed}.${i}, ${outcome.record.steps.length} operations, shortened:\n${describe(short)}`);
    console.log(`again: tests/differential/run --replay ${file}\n`);
    if (!options['keep-going']) break;
  }
  return { operations, failures };
}

function report({ operations, failures }, coverage, replaced) {
  console.log(`commands called, refusals by code:\n${coverage.table(replaced)}`);
  for (const { name } of differences) {
    console.log(`  difference on purpose, ${coverage.differences.get(name) ?? 0} times: ${name}`);
  }
  if (options.verbose) console.log([...coverage.errors].sort((a, b) => b[1] - a[1]).map(([text, n]) => `  ${n} x ${text}`).join('\n'));
  const missing = coverage.missing(replaced);
  if (missing.length > 0) console.log(`never called: ${missing.join(', ')}`);
  console.log(`${operations} operations, seed ${options.seed}: ${failures} differences`);
  // A short run cannot come to every command.
  return failures === 0 && (missing.length === 0 || operations < ENOUGH_FOR_ALL);
}

async function replay(pair) {
  const outcome = await replayEpisode(pair, JSON.parse(readFileSync(options.replay, 'utf8')));
  console.log(outcome.difference ? describe(outcome) : 'no difference');
  return !outcome.difference;
}

async function compare(path, theirs, commands) {
  const coverage = new Coverage();
  const ours = new Side({ path, db: 2, replacements: commands });
  coverage.watch(ours);
  const pair = new Pair(theirs, ours, coverage);
  const good = options.replay ? await replay(pair) : report(await runEpisodes(pair), coverage, ours.replaced);
  await ours.close();
  return good ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

const redis = await startRedis();
const commands = options.exported ? readExportedCommands(options.exported) : new Map();
const theirs = new Side({ path: redis.path, db: 1 });
try {
  const { passed, failed } = await (options.faults ? findFaults : compare)(redis.path, theirs, commands);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  await theirs.close();
  await redis.close();
}
