// One side of the comparison: Node BullMQ on a database of its own, either as published or with the
// text of its Lua commands replaced by ours.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FlowProducer, Queue, Worker } from 'bullmq';
import IORedis from 'ioredis';

// The worker of one queue uses what a worker can have, the other one nothing.
const WORKER_OPTIONS = {
  alpha: {},
  beta: { name: 'named', metrics: { maxDataPoints: 5 }, limiter: { max: 40, duration: 600000 } },
};
export const QUEUES = Object.keys(WORKER_OPTIONS);

/** Reads the folder that scripts/export-lua wrote: command name -> { keys, lua }. */
export function readExportedCommands(folder) {
  const commands = new Map();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.lua'))) {
    const [, name, keys] = file.match(/^(\w+)-(\d+)\.lua$/);
    commands.set(name, { keys: Number(keys), lua: readFileSync(join(folder, file), 'utf8') });
  }
  return commands;
}

/** Opens a side. BullMQ registers its scripts with the connection's public defineCommand. */
export async function openSide({ path, db, replacements }) {
  const connection = new IORedis({ path, db, maxRetriesPerRequest: null });
  const replaced = new Set();
  const define = connection.defineCommand;
  connection.defineCommand = function (versionedName, definition) {
    const name = versionedName.split(':')[0];
    const ours = replacements?.get(name);
    if (ours) {
      if (ours.keys !== definition.numberOfKeys) {
        throw new Error(`${name} takes ${ours.keys} keys, BullMQ's takes ${definition.numberOfKeys}`);
      }
      replaced.add(name);
      definition = { ...definition, lua: ours.lua };
    }
    return define.call(this, versionedName, definition);
  };

  const queues = {};
  const workers = {};
  for (const name of QUEUES) {
    queues[name] = new Queue(name, { connection });
    workers[name] = new Worker(name, null, {
      connection, autorun: false, lockDuration: 600000, ...WORKER_OPTIONS[name],
    });
    for (const emitter of [queues[name], workers[name]]) {
      emitter.on('error', () => {});
    }
    await queues[name].waitUntilReady();
  }
  const flow = new FlowProducer({ connection });
  return {
    connection,
    queues,
    workers,
    flow,
    replaced,
    async close() {
      await Promise.all([...Object.values(workers), ...Object.values(queues), flow].map((x) => x.close()));
      connection.disconnect();
    },
  };
}

/** Calls a Lua command by name, as BullMQ itself does. */
export function callCommand(side, name, ...args) {
  const registered = Object.keys(side.connection).find((key) => key.startsWith(`${name}:`));
  return side.connection[registered](...args);
}

/**
 * Writes every set anew in the same order on both sides: Redis lists the members of two equal sets in
 * different orders when they came to be in different ways.
 */
export async function orderSets({ connection }) {
  for (const key of await connection.keys('*')) {
    if ((await connection.type(key)) !== 'set') continue;
    const members = await connection.smembers(key);
    await connection.del(key);
    await connection.sadd(key, members.sort());
  }
}
