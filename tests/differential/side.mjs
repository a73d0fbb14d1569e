// One side of the comparison: Node BullMQ on a database of its own, as published or with the text of
// its Lua commands replaced by ours.
import './simulated_world.mjs';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { loadBullMQ } from '../interop/node/library.mjs';

const installed = createRequire(new URL('../interop/package.json', import.meta.url));
const { Redis } = installed('ioredis');
const { Packr } = installed('msgpackr');
export const { FlowProducer, Job, Queue, UnrecoverableError, Worker } = await loadBullMQ('bullmq6');

const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true });
/** MessagePack as BullMQ's clients send it. */
export const pack = (value) => packr.pack(value);

/** The queues of a run. A prefix may contain colons. */
export const QUEUES = [
  { name: 'alpha', prefix: 'bull' },
  { name: 'beta', prefix: 'bull' },
  { name: 'gamma', prefix: 'alt:own' },
];
/** Queue name -> name with prefix. */
export const qualified = Object.fromEntries(QUEUES.map(({ name, prefix }) => [name, `${prefix}:${name}`]));

/** Reads the folder that scripts/export-lua wrote: command name -> { keys, lua }. */
export function readExportedCommands(folder) {
  const commands = new Map();
  // Commands of our own, which have no counterpart, are in a folder below.
  for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.lua'))) {
    const [, name, keys] = file.match(/^(\w+)-(\d+)\.lua$/);
    commands.set(name, { keys: Number(keys), lua: readFileSync(join(folder, file), 'utf8') });
  }
  return commands;
}

/** A connection on which BullMQ runs; with `replacements`, on the texts of those commands. */
export class Side {
  constructor({ path, db, replacements = new Map() }) {
    this.replaced = new Set();
    this.commandNames = new Map();
    this.scriptsBySha = new Map();
    this.replacements = replacements;
    this.connection = new Redis({ path, db, maxRetriesPerRequest: null });
    this.connection.setMaxListeners(0);
    this.#replaceTexts();
  }

  // BullMQ registers its scripts with the connection's public defineCommand.
  #replaceTexts() {
    const define = this.connection.defineCommand;
    this.connection.defineCommand = (versionedName, definition) => {
      const [name] = versionedName.split(':');
      const ours = this.replacements.get(name);
      if (ours && ours.keys !== definition.numberOfKeys) {
        throw new Error(`${name} takes ${ours.keys} keys, BullMQ's takes ${definition.numberOfKeys}`);
      }
      if (ours) this.replaced.add(name);
      this.commandNames.set(name, versionedName);
      // Two commands may have the same text: the name keeps their SHA1 apart, by which calls are counted.
      const lua = `${ours ? ours.lua : definition.lua}\n-- ${name}`;
      this.scriptsBySha.set(createHash('sha1').update(lua).digest('hex'), name);
      return define.call(this.connection, versionedName, { ...definition, lua });
    };
  }

  /** Opens queues, workers and a flow producer anew: they keep no state of an earlier episode. */
  async open(workerOptions) {
    await this.connection.flushdb();
    this.queues = {};
    this.workers = {};
    for (const { name, prefix } of QUEUES) {
      const options = { connection: this.connection, prefix };
      this.queues[name] = new Queue(name, options);
      this.workers[name] = new Worker(name, null, { ...options, autorun: false, ...workerOptions[name] });
    }
    this.flow = new FlowProducer({ connection: this.connection });
    for (const emitter of this.#all()) emitter.on('error', () => {});
    await Promise.all(this.#all().map((opened) => opened.waitUntilReady?.()));
  }

  #all() {
    return [...Object.values(this.workers ?? {}), ...Object.values(this.queues ?? {}), ...(this.flow ? [this.flow] : [])];
  }

  async closeEpisode() {
    await Promise.all(this.#all().map((opened) => opened.close()));
    this.workers = this.queues = this.flow = undefined;
  }

  /** Calls a Lua command by name, as BullMQ itself does. */
  call(name, ...args) {
    return this.connection[this.commandNames.get(name)](...args);
  }

  async close() {
    await this.closeEpisode();
    this.connection.disconnect();
  }
}
