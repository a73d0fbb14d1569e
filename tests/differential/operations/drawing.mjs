// What several operations draw: queues, ids, options, payloads.
import { QUEUES } from '../side.mjs';

/** The token under which workers of a run hold their jobs. */
export const TOKEN = 'token';

export const queueName = (random) => random.pick(QUEUES).name;

const LONG = 'long-'.padEnd(600, 'x');
/** Ids that BullMQ's clients let pass and that are easily mistaken for something else. */
const ODD_IDS = ['three:part:name', 'a:b:c', 'żółw-\u{1F680}', LONG, ' ', 'with space', '01', '1e3', 'nil', "it's \"quoted\"", '%d{}', '-'];
const PLAIN_IDS = ['custom-1', 'custom-2', 'custom-3', 'custom-4', 'custom-5', 'custom-6'];

export const customId = (random) => random.pick(random.chance(0.35) ? ODD_IDS : PLAIN_IDS);

const PAYLOADS = [
  {}, { n: 1 }, { path: '/a/b', html: '</script>' }, [], [1, [2, [3]], null], 'text', '', 0, -1, 1.5, 2 ** 53, null, true,
  { nested: { list: [{ a: 1 }, { b: [true, false, null] }], empty: {}, none: [] } },
  { ключ: 'значение', emoji: '\u{1F680}', control: '\u0000\u0001\u007f\u2028', lone: '"\\\n' },
  { large: 'y'.repeat(5000) }, { big: 12345678901234567890, small: 1e-7, third: 1 / 3 },
];
export const payload = (random) => (random.chance(0.5) ? { n: random.int(0, 999) } : random.pick(PAYLOADS));

const NAMES = ['plain', 'plain', 'plain', '', 'імʼя', 'a:b', 'x'.repeat(300), 'name "with" /quotes/\\'];
export const jobName = (random) => random.pick(NAMES);

const RETENTION = [true, false, 1, 2, 5, 0, { age: 3 }, { age: 0 }, { age: 60, count: 3 }, { age: 3, limit: 2 },
  { count: 2 }, { count: 0 }, { age: 5, count: 1, limit: 1 }, { count: 3, limit: 1 }];
export const retention = (random) => random.pick(RETENTION);

const BACKOFFS = [0, 500, { type: 'fixed', delay: 0 }, { type: 'fixed', delay: 500 }, { type: 'exponential', delay: 100 },
  { type: 'fixed', delay: 1000, jitter: 0.5 }, { type: 'exponential', delay: 300, jitter: 1 }, { type: 'nonesuch', delay: 5 }];

const DELAYS = [1, 300, 1500.5, 0.25, 5000, 5000, 60000, 3600000, -5, 0];
export const delay = (random) => random.pick(DELAYS);
const PRIORITIES = [1, 1, 2, 3, 10, 2097151, 0, -1];
export const priority = (random) => random.pick(PRIORITIES);

/** Options of a job, without id, parent and deduplication. */
export function jobOptions(random, known) {
  const opts = {};
  if (random.chance(0.4)) opts.attempts = random.int(0, 3);
  if (random.chance(0.3)) opts.backoff = random.pick(BACKOFFS);
  if (random.chance(0.25)) opts.removeOnComplete = retention(random);
  if (random.chance(0.25)) opts.removeOnFail = retention(random);
  if (random.chance(0.1)) opts.timestamp = known.now - random.int(-2000, 5000);
  if (random.chance(0.1)) opts.stackTraceLimit = random.int(0, 2);
  if (random.chance(0.1)) opts.keepLogs = random.int(0, 2);
  if (random.chance(0.05)) opts.telemetry = { metadata: '{"trace":"/1"}', omitContext: true };
  if (random.chance(0.05)) opts.of_users = { list: [1, 'two', null], none: [], text: '/', third: 1 / 3, big: 123456789012345 };
  const kind = random.int(0, 6);
  if (kind === 0 || kind === 3) opts.delay = delay(random);
  if (kind === 1 || kind === 3) opts.priority = priority(random);
  if (kind === 2) opts.lifo = true;
  return opts;
}

export const DEDUPLICATION_IDS = ['dedup-1', 'dedup-2', 'dedup:3', 'ид/4'];

/** The rule of a deduplicated job. */
export function deduplication(random) {
  const rule = { id: random.pick(DEDUPLICATION_IDS) };
  if (random.chance(0.5)) rule.ttl = random.pick([0, 5000, 60000, 900000]);
  for (const flag of ['extend', 'replace', 'keepLastIfActive', 'reschedule']) {
    if (random.chance(0.35)) rule[flag] = true;
  }
  return rule;
}

const FAILURE_POLICIES = [{}, {}, { failParentOnFailure: true }, { continueParentOnFailure: true },
  { ignoreDependencyOnFailure: true }, { removeDependencyOnFailure: true }];
export const failurePolicy = (random) => random.pick(FAILURE_POLICIES);
