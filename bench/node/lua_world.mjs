// A queue that is driven through one set of Lua commands, for workloads that measure them.
import { createRequire } from 'node:module';

// The packer is BullMQ's own, with its settings: commands get what a Node client sends.
const require = createRequire(new URL('../../tests/interop/node_modules/bullmq6/', import.meta.url));
const { Packr } = require('msgpackr');
const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true });

export const PREFIX = 'bull:q:';
export const TOKEN = '5f0c7a4e-1111-2222-3333-444444444444:1';
export const NOW = 1760000000000;
export const key = (...names) => names.map((name) => PREFIX + name);
export const pack = (value) => packr.pack(value);

const KEYS = {
  addStandardJob: key('wait', 'paused', 'meta', 'id', 'completed', 'delayed', 'active', 'events', 'marker'),
  addDelayedJob: key('marker', 'meta', 'id', 'delayed', 'completed', 'events'),
  addPrioritizedJob: key('marker', 'meta', 'id', 'prioritized', 'delayed', 'completed', 'active', 'events', 'pc'),
  addParentJob: key('meta', 'id', 'delayed', 'waiting-children', 'completed', 'events'),
  moveToActive: key('wait', 'active', 'prioritized', 'events', 'stalled', 'limiter', 'delayed', 'paused', 'meta', 'pc', 'marker'),
};

/** KEYS and ARGV of an add. `job` may have id, opts, parent (a job id of the same queue), dedup. */
export function addition(command, { id = '', opts = {}, parent, at = NOW } = {}) {
  const parentKey = parent && PREFIX + parent;
  const dedup = opts.de && `${PREFIX}de:${opts.de.id}`;
  return [...KEYS[command],
    pack([PREFIX, id, 'job', at, parentKey, parentKey && `${parentKey}:dependencies`,
      parent && { id: parent, queueKey: PREFIX.slice(0, -1) }, undefined, dedup]),
    '{"user":123,"text":"hello world"}', pack({ attempts: 0, ...opts })];
}

/** KEYS and ARGV of moveToActive, and of moveToFinished with or without fetching the next job. */
export const taking = ({ limiter, name } = {}) =>
  [...KEYS.moveToActive, PREFIX, NOW, pack({ token: TOKEN, lockDuration: 30000, limiter, name })];

export function finishing(id, { state = 'completed', fetch = true, at = NOW, fields = '', name, limiter, ...worker } = {}) {
  const completed = state === 'completed';
  return [...key('wait', 'active', 'prioritized', 'events', 'stalled', 'limiter', 'delayed', 'paused', 'meta', 'pc',
    state, String(id), `metrics:${state}`, 'marker'),
  id, at, completed ? 'returnvalue' : 'failedReason', completed ? '{"ok":true}' : 'boom', state, fetch ? '1' : '0', PREFIX,
  pack({ token: TOKEN, name, keepJobs: { count: -1 }, limiter, lockDuration: 30000, attempts: 0, maxMetricsSize: '',
    fpof: false, cpof: false, idof: false, rdof: false, ...worker }), fields];
}

export class World {
  /** `scripts`: command name -> { keys, sha }, loaded. */
  constructor(connection, scripts) {
    this.connection = connection;
    this.scripts = scripts;
  }

  /** Runs a command once for each list of KEYS and ARGV; errors and error codes end the run. */
  async run(command, lists) {
    const { keys, sha } = this.scripts[command];
    const pipeline = this.connection.pipeline();
    for (const list of lists) pipeline.evalsha(sha, keys, ...list);
    for (const [error, reply] of await pipeline.exec()) {
      if (error) throw error;
      if (reply < 0) throw new Error(`${command} replied ${reply}`);
    }
  }

  add(count, job = {}, command = 'addStandardJob') {
    return this.run(command, Array.from({ length: count }, (_, i) => addition(command, typeof job === 'function' ? job(i) : job)));
  }

  take(count) {
    return this.run('moveToActive', Array.from({ length: count }, () => taking()));
  }

  /** Adds, takes and finishes jobs 1 to `count`. */
  async finish(count, options) {
    await this.add(count);
    await this.take(count);
    await this.run('moveToFinished', Array.from({ length: count }, (_, i) => finishing(i + 1, { fetch: false, ...options })));
  }
}
