// The Node peer of the benchmark: BullMQ 6.7.0 as a competent user writes it, default options.
// The command line and the answer are those of every peer, see ../README.md.

import { parseArgs } from 'node:util';

import { loadBullMQ } from '../../tests/interop/node/library.mjs';
import { parseRedisAddress } from '../../tests/interop/node/redis_address.mjs';

const { Queue, Worker } = await loadBullMQ('bullmq6');

const BULK_SIZE = 1000;

const { values: options } = parseArgs({
  options: {
    redis: { type: 'string' },
    scenario: { type: 'string' },
    queue: { type: 'string', default: 'bench' },
    jobs: { type: 'string', default: '10000' },
    warmup: { type: 'string', default: '0' },
    concurrency: { type: 'string', default: '1' },
  },
});
const connection = parseRedisAddress(options.redis);
const jobs = Number(options.jobs);
const warmup = Number(options.warmup);
const concurrency = Number(options.concurrency);

const jobData = (index) => ({ index, text: '0123456789'.repeat(8) });

class Stopwatch {
  start() {
    this.started = performance.now();
    this.cpu = process.cpuUsage();
  }

  stop() {
    const seconds = (performance.now() - this.started) / 1000;
    const { user, system } = process.cpuUsage(this.cpu);
    return { jobs, seconds, cpu_seconds: (user + system) / 1e6 };
  }
}

async function withQueue(run) {
  const queue = new Queue(options.queue, { connection });
  await queue.waitUntilReady();
  try {
    return await run(queue);
  } finally {
    await queue.close();
  }
}

/** `concurrency` producers that each wait for the answer to one add before the next. */
async function addMany(queue, count) {
  let next = 0;
  const produce = async () => {
    while (next < count) await queue.add('noop', jobData(next++));
  };
  await Promise.all(Array.from({ length: concurrency }, produce));
}

async function addInBulk(queue, count) {
  for (let first = 0; first < count; first += BULK_SIZE) {
    const size = Math.min(BULK_SIZE, count - first);
    const chunk = Array.from({ length: size }, (_, i) => ({ name: 'noop', data: jobData(first + i) }));
    await queue.addBulk(chunk);
  }
}

const measureAdding = (add) => withQueue(async (queue) => {
  await add(queue, warmup);
  const watch = new Stopwatch();
  watch.start();
  await add(queue, jobs);
  return watch.stop();
});

/** Works off warmup + jobs jobs that wait in the queue; the clock runs for the last `jobs`. */
async function processJobs() {
  const watch = new Stopwatch();
  let started = 0;
  let completed = 0;
  const noop = async () => {
    if (started++ === warmup) watch.start();
  };
  const worker = new Worker(options.queue, noop, { connection, concurrency, autorun: false });
  await worker.waitUntilReady();
  const measured = new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('failed', (job, error) => reject(error));
    worker.on('completed', () => {
      if (++completed === warmup + jobs) resolve(watch.stop());
    });
  });
  worker.run().catch((error) => worker.emit('error', error));
  const result = await measured;
  await worker.close();
  return result;
}

/** Says that it is ready and then waits for jobs until its standard input ends. */
async function idle() {
  const worker = new Worker(options.queue, async () => null, { connection, concurrency });
  await worker.waitUntilReady();
  process.stdout.write('{"ready": true}\n');
  await new Promise((resolve) => process.stdin.on('end', resolve).resume());
  await worker.close();
  return { jobs: 0 };
}

const scenarios = {
  add: () => measureAdding(addMany),
  addBulk: () => measureAdding(addInBulk),
  process: processJobs,
  idle,
};
if (!scenarios[options.scenario]) {
  throw new Error(`unknown scenario "${options.scenario}"; known: ${Object.keys(scenarios).join(', ')}`);
}
process.stdout.write(`${JSON.stringify(await scenarios[options.scenario]())}\n`);
