// All operations of a run. Each is drawn once (`draw`, with the run's random numbers and what it knows of
// the queues; nothing when there is nothing to do it to) and then run on both sides with the same values.
import { canonicalHash, inOneOrder } from '../keyspace.mjs';
import { adding } from './add.mjs';
import { changing, settings } from './change.mjs';
import { damaging } from './damage.mjs';
import { processing } from './process.mjs';
import { rawJobs } from './raw_jobs.mjs';
import { rawQueues, rawReads } from './raw_queue.mjs';
import { reading } from './read.mjs';
import { removing } from './remove.mjs';
import { scheduling } from './schedulers.mjs';

/** Operations by group. */
export const groups = { adding, processing, scheduling, changing, settings, removing, reading, damaging, rawJobs, rawQueues, rawReads };

export const operations = Object.assign({}, ...Object.values(groups));

// Locks and limits end at times that the two sides reach a few ms apart.
const wholeSeconds = (ms) => (ms > 0 ? Math.ceil(ms / 1000) * 1000 : ms);

function withoutClock(reply, isTtl) {
  if (!Array.isArray(reply)) return isTtl && typeof reply === 'number' ? wholeSeconds(reply) : reply;
  const isFetch = reply.length === 4 && !reply[0] && reply[1] === 0;
  return reply.map((value, i) => (typeof value === 'number' && (isTtl || (isFetch && i === 2)) ? wholeSeconds(value) : value));
}

// A job comes from moveToActive as a flat list of fields, in no order that means anything.
const withSortedFields = (reply) =>
  (Array.isArray(reply) && reply.length === 4 && Array.isArray(reply[0]) ? [canonicalHash(reply[0]), ...reply.slice(1)] : reply);

/** Runs an operation on a side. Errors are part of what is compared. */
export async function perform(side, { name, values }) {
  const { run, ttlReply } = operations[name];
  try {
    const value = await run(side, values);
    const plain = value === undefined ? null : JSON.parse(JSON.stringify(value));
    return { reply: inOneOrder(withSortedFields(withoutClock(plain, ttlReply))) };
  } catch (error) {
    // What Lua says of a broken call names lines and variables of the script.
    const inScript = /user_script|ERR |WRONGTYPE/.test(error.message);
    return inScript ? { error: 'a script error', detail: error.message } : { error: error.message, code: error.code };
  }
}
