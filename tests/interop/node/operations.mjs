// The operations a test can ask of the peer: thin calls of BullMQ's public API, by name.

import { EventEmitter } from 'node:events';

import { makeProcessor } from './behaviours.mjs';
import { finishedSpans, withTelemetry } from './telemetry.mjs';

const workerEvents = [
  'ready', 'active', 'progress', 'completed', 'failed', 'stalled', 'drained',
  'paused', 'resumed', 'closing', 'closed', 'error', 'lockRenewalFailed',
];
const queueEventNames = [
  'added', 'waiting', 'delayed', 'prioritized', 'waiting-children', 'active', 'progress',
  'completed', 'failed', 'retries-exhausted', 'stalled', 'removed', 'duplicated',
  'deduplicated', 'drained', 'paused', 'resumed', 'cleaned',
];

const isJob = (value) => typeof value?.toJSON === 'function' && 'attemptsMade' in value;

/** Jobs as plain objects and errors as {name, message}, at any depth of an array. */
export function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Error) return { name: value.name, message: value.message };
  return isJob(value) ? value.toJSON() : value;
}

function treeOf(node) {
  if (!node) return null;
  const { job, children = [] } = node;
  const { id, name, queueName: queue, prefix } = job;
  return { id, name, queue, prefix, job: job.toJSON(), children: children.map(treeOf) };
}

export class Operations {
  constructor(library, connection, push) {
    this.library = library;
    this.connection = connection;
    this.push = push;
    this.queues = new Map();
    this.queueEvents = new Map();
    this.workers = new Map();
  }

  async openQueue({ queue, options = {} }) {
    const settings = await withTelemetry({ connection: this.connection, ...options });
    if (!this.queues.has(queue)) {
      const opened = new this.library.Queue(queue, settings);
      opened.setMaxListeners(0);
      opened.on('error', (error) => this.push('queue', { queue, name: 'error', args: [plain(error)] }));
      this.queues.set(queue, opened);
    }
    await this.queues.get(queue).waitUntilReady();
    return null;
  }

  async queueNamed(queue) {
    await this.openQueue({ queue });
    return this.queues.get(queue);
  }

  async jobNamed(queue, jobId) {
    const job = await (await this.queueNamed(queue)).getJob(jobId);
    if (!job) throw new Error(`queue "${queue}" has no job "${jobId}"`);
    return job;
  }

  async callQueue({ queue, method, args = [] }) {
    const target = await this.queueNamed(queue);
    if (typeof target[method] !== 'function') throw new Error(`Queue has no method "${method}"`);
    return target[method](...args);
  }

  /** With `show` the answer is {reply} or {error}, and the job as it shows itself afterwards. */
  async callJob({ queue, jobId, method, args = [], show = false }) {
    const job = await this.jobNamed(queue, jobId);
    if (typeof job[method] !== 'function') throw new Error(`Job has no method "${method}"`);
    const called = job[method](...args);
    if (!show) return called;
    const answer = await called.then(
      (reply) => ({ reply }),
      ({ message, code }) => ({ error: message, code }),
    );
    return { ...answer, job: job.toJSON() };
  }

  /** Names of the methods that the instances of a class have, "Queue" or "Job". */
  methodsOf({ name }) {
    const names = new Set();
    let { prototype } = this.library[name];
    while (prototype !== Object.prototype && prototype.constructor !== EventEmitter) {
      for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
        if (typeof value === 'function') names.add(key);
      }
      prototype = Object.getPrototypeOf(prototype);
    }
    return [...names];
  }

  /** Everything Node can read of a job, or null when there is none. */
  async describeJob({ queue, jobId }) {
    const target = await this.queueNamed(queue);
    const job = await target.getJob(jobId);
    if (!job) return null;
    const [state, { logs }] = await Promise.all([job.getState(), target.getJobLogs(jobId)]);
    return { ...job.toJSON(), state, logs };
  }

  async waitUntilFinished({ queue, jobId, ttl }) {
    const job = await this.jobNamed(queue, jobId);
    await this.startQueueEvents({ queue });
    return job.waitUntilFinished(this.queueEvents.get(queue), ttl);
  }

  producerOfFlows() {
    this.flowProducer ??= new this.library.FlowProducer({ connection: this.connection });
    return this.flowProducer;
  }

  /** Adds a tree of jobs and returns it, as getFlow does. */
  async addFlow({ flow, options }) {
    return treeOf(await this.producerOfFlows().add(flow, options));
  }

  async addFlows({ flows }) {
    return (await this.producerOfFlows().addBulk(flows)).map(treeOf);
  }

  /** The tree below a job as {id, name, queue, prefix, job, children}; null for a job that is gone. */
  async getFlow({ options }) {
    return treeOf(await this.producerOfFlows().getFlow(options));
  }

  /** `names`: custom events to report as well. */
  startQueueEvents({ queue, options = {}, names = [] }) {
    if (!this.queueEvents.has(queue)) {
      // From the first event on: with Node's default of '$' what happens before the first read is missed.
      const settings = { connection: this.connection, lastEventId: '0-0', ...options };
      const events = new this.library.QueueEvents(queue, settings);
      events.setMaxListeners(0);
      for (const name of [...queueEventNames, ...names, 'error']) {
        events.on(name, (...args) => this.push('queueEvents', { queue, name, args: args.map(plain) }));
      }
      this.queueEvents.set(queue, events);
    }
    return this.queueEvents.get(queue).waitUntilReady().then(() => null);
  }

  async startWorker({ worker, queue, behaviour = 'echo', with: behaviourOptions = {}, options = {} }) {
    if (this.workers.has(worker)) throw new Error(`worker "${worker}" is already running`);
    let release;
    const gate = new Promise((resolve) => { release = resolve; });
    const processor = makeProcessor(behaviour, behaviourOptions, { ...this.library, gate });
    const settings = await withTelemetry({ connection: this.connection, ...options });
    const started = new this.library.Worker(queue, processor, settings);
    for (const name of workerEvents) {
      started.on(name, (...args) => this.push('worker', { worker, queue, name, args: args.map(plain) }));
    }
    this.workers.set(worker, { started, release });
    await started.waitUntilReady();
    return null;
  }

  workerNamed(worker) {
    const entry = this.workers.get(worker);
    if (!entry) throw new Error(`no worker "${worker}" is running`);
    return entry;
  }

  releaseWorker({ worker }) {
    this.workerNamed(worker).release();
    return null;
  }

  async callWorker({ worker, method, args = [] }) {
    return this.workerNamed(worker).started[method](...args);
  }

  async closeWorker({ worker, force = false }) {
    await this.workerNamed(worker).started.close(force);
    this.workers.delete(worker);
    return null;
  }

  finishedSpans() {
    return finishedSpans();
  }

  async close() {
    for (const { started, release } of this.workers.values()) {
      release();
      await started.close();
    }
    await this.flowProducer?.close();
    for (const opened of [...this.queueEvents.values(), ...this.queues.values()]) await opened.close();
    this.workers.clear();
    this.queueEvents.clear();
    this.queues.clear();
    return null;
  }
}

export const operationNames = [
  'openQueue', 'callQueue', 'callJob', 'methodsOf', 'describeJob', 'waitUntilFinished', 'addFlow', 'addFlows', 'getFlow', 'startQueueEvents',
  'startWorker', 'releaseWorker', 'callWorker', 'closeWorker', 'finishedSpans', 'close',
];
