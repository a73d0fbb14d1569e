// The Node half of the demo: adds jobs with BullMQ 6.7.0, watches a worker in another language run
// them, and compares what it sees with what has to come out.
//
// usage: node demo_producer.mjs unix:/path|host:port

import { loadBullMQ } from '../../tests/interop/node/library.mjs';
import { parseRedisAddress } from '../../tests/interop/node/redis_address.mjs';
import { expected, kinds } from './demo_kinds.mjs';
import { Watcher } from './demo_watcher.mjs';

const { Queue, QueueEvents } = await loadBullMQ('bullmq6');

const WATCHED_PER_KIND = 5;
const PATIENCE = 60_000; // ms

const connection = parseRedisAddress(process.argv[2]);
// The event stream keeps enough for a reader that falls behind a fast worker.
const queue = new Queue('demo', { connection, streams: { events: { maxLen: 100_000 } } });
const queueEvents = new QueueEvents('demo', { connection });

function showProgress(watcher, added) {
  const { completed, retried, failed } = watcher.counts;
  const line = `added ${added}  completed ${completed}  retried ${retried}  failed ${failed}`;
  process.stdout.write(process.stdout.isTTY ? `\r${line} ` : `${line}\n`);
}

async function addKind({ name, count, options }) {
  const jobs = Array.from({ length: count }, (_, index) => ({
    name,
    data: { kind: name, index },
    opts: options(index),
  }));
  return queue.addBulk(jobs);
}

/** What job.waitUntilFinished() gives is what the worker returned, or why it failed. */
async function checkOutcome(kind, job) {
  const outcome = await job.waitUntilFinished(queueEvents, PATIENCE).then(
    (value) => JSON.stringify(value),
    (error) => error.message,
  );
  const wanted = kind.ends === 'failed'
    ? `${kind.name} ${job.data.index} cannot succeed`
    : JSON.stringify({ done: kind.name, index: job.data.index });
  if (outcome !== wanted) throw new Error(`job ${job.id} (${kind.name}): ${outcome} instead of ${wanted}`);
}

async function waitForAll(watcher, added) {
  const deadline = Date.now() + PATIENCE;
  while (watcher.finished < added) {
    if (Date.now() > deadline) throw new Error(`only ${watcher.finished} of ${added} jobs finished`);
    showProgress(watcher, added);
    await new Promise((resolve) => setTimeout(resolve, process.stdout.isTTY ? 100 : 500));
  }
  showProgress(watcher, added);
  if (process.stdout.isTTY) process.stdout.write('\n');
}

function printTable(figures) {
  process.stdout.write('\n');
  for (const [name, value] of Object.entries(figures)) {
    process.stdout.write(`  ${name.padEnd(16)}${Math.round(value).toLocaleString('en').padStart(8)}\n`);
  }
  process.stdout.write('\n');
}

async function run() {
  await queueEvents.waitUntilReady();
  const watcher = new Watcher(queueEvents);
  const checks = [];
  let added = 0;
  for (const kind of kinds) {
    const jobs = await addKind(kind);
    added += jobs.length;
    checks.push(...jobs.slice(0, WATCHED_PER_KIND).map((job) => checkOutcome(kind, job)));
    showProgress(watcher, added);
  }
  await Promise.all([waitForAll(watcher, added), ...checks]);

  const seen = { added, ...watcher.counts };
  printTable({ ...seen, 'jobs per second': watcher.jobsPerSecond });
  for (const [name, value] of Object.entries(expected)) {
    if (seen[name] !== value) throw new Error(`${name}: ${seen[name]} instead of ${value}`);
  }
  const counts = await queue.getJobCounts();
  if (counts.completed !== expected.completed || counts.failed !== expected.failed) {
    throw new Error(`Redis holds ${JSON.stringify(counts)}`);
  }
}

for (const emitter of [queue, queueEvents]) emitter.setMaxListeners(0); // one listener a waiting job
try {
  await run();
} catch (error) {
  process.stderr.write(`\ndemo: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  await queueEvents.close();
  await queue.close();
}
