// Measures sets of Lua commands on one Redis, which it empties. Prints one line of JSON for each case.
//
// usage: node lua_cost.mjs --redis unix:/path --ours DIR [--against DIR] [--alternations N] [--calls N] [--only REGEX]
//
// DIR holds what scripts/export-lua wrote. Without --against the other set is BullMQ's own, as it hands it to
// the public defineCommand of its connection.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { loadBullMQ } from '../../tests/interop/node/library.mjs';
import { parseRedisAddress } from '../../tests/interop/node/redis_address.mjs';
import { cases } from './lua_cost_cases.mjs';
import { PREFIX, World } from './lua_world.mjs';

const require = createRequire(new URL('../../tests/interop/package.json', import.meta.url));
const { Redis } = require('ioredis');

const { values: options } = parseArgs({
  options: {
    redis: { type: 'string' },
    ours: { type: 'string' },
    against: { type: 'string' },
    alternations: { type: 'string', default: '9' },
    calls: { type: 'string', default: '1000' },
    only: { type: 'string', default: '' },
  },
});
const connection = new Redis({ ...parseRedisAddress(options.redis), maxRetriesPerRequest: null });

// With those for many jobs, which stand in a folder of their own.
function readFolder(folder) {
  const files = readdirSync(folder, { recursive: true }).map((file) => file.match(/^(?:batch\/)?(\w+)-(\d+)\.lua$/)).filter(Boolean);
  return Object.fromEntries(files.map(([file, name, keys]) => [name, { keys: Number(keys), text: readFileSync(join(folder, file), 'utf8') }]));
}

async function readBullMQ() {
  const { Queue } = await loadBullMQ('bullmq6');
  const found = {};
  const define = connection.defineCommand;
  connection.defineCommand = function (versionedName, definition) {
    found[versionedName.split(':')[0]] = { keys: definition.numberOfKeys, text: definition.lua };
    return define.call(this, versionedName, definition);
  };
  const queue = new Queue('q', { connection });
  await queue.waitUntilReady();
  connection.defineCommand = define;
  return found;
}

// Only the measured set is loaded: every script that Redis keeps makes its garbage collection longer.
async function emptyRedis(commands) {
  await connection.flushall();
  await connection.script('FLUSH');
  const scripts = {};
  for (const [name, { keys, text }] of Object.entries(commands)) {
    scripts[name] = { keys, sha: await connection.script('LOAD', text) };
  }
  await connection.hset(`${PREFIX}meta`, 'opts.maxLenEvents', 10000, 'version', 'bullmq:6.7.0');
  return new World(connection, scripts);
}

async function measure(one, commands, calls) {
  const world = await emptyRedis(commands);
  const count = Math.max(2, Math.floor(calls / (one.each ?? 1)));
  // What works on many jobs in a call finds as many as it takes.
  const consumes = ['moveJobsToWait', 'cleanJobsInSet', 'obliterate', 'removeOrphanedJobs'].includes(one.command);
  await one.prepare(world, consumes ? count * one.each : count);
  await connection.config('RESETSTAT');
  const inBatches = one.batch && one.batch.command in commands;
  const { command, of, call } = inBatches ? one.batch : { command: one.command, of: 1, call: one.call };
  const lists = Array.from({ length: Math.ceil(count / of) }, (_, i) => call(i));
  for (let i = 0; i < lists.length; i += 200) await world.run(command, lists.slice(i, i + 200));
  const [, done, microseconds] = (await connection.info('commandstats')).match(/cmdstat_evalsha:calls=(\d+),usec=(\d+)/);
  if (Number(done) !== lists.length) throw new Error(`${one.title}: ${done} of ${lists.length} calls were counted`);
  return Number(microseconds) / (lists.length * of);
}

const sets = [['ours', readFolder(options.ours)], ['theirs', options.against ? readFolder(options.against) : await readBullMQ()]];
for (const one of cases.filter(({ title }) => new RegExp(options.only).test(title))) {
  const runs = { ours: [], theirs: [] };
  for (let turn = 0; turn < Number(options.alternations); turn++) {
    for (const [name, commands] of turn % 2 ? [...sets].reverse() : sets) {
      runs[name].push(await measure(one, commands, Number(options.calls)));
    }
  }
  console.log(JSON.stringify({ title: one.title, command: one.command, ...runs }));
}
connection.disconnect();
