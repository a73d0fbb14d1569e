// The operations of a random run. Each is drawn once (`draw`, with the run's random numbers and what it
// knows of the queues) and then run on both sides with the same values. A draw that gives nothing has no
// use now.
import { adding } from './operations/adding.mjs';
import { jobs } from './operations/jobs.mjs';
import { queues } from './operations/queues.mjs';
import { reading } from './operations/reading.mjs';
import { removing } from './operations/removing.mjs';
import { schedulers } from './operations/schedulers.mjs';
import { working } from './operations/working.mjs';

export const operations = { ...adding, ...working, ...jobs, ...queues, ...removing, ...schedulers, ...reading };

// What a reply says, without the functions and handles of the library's objects. Locks and rate limits
// run for ten minutes: what is left of them differs by the milliseconds between the two sides.
const withoutClock = (key, value) => (value > 400000 && value < 600000 ? 'some of ten minutes' : value);
const summary = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value, withoutClock)));

/** Runs an operation on a side. Errors are part of what is compared. */
export async function perform(side, name, values) {
  try {
    return { reply: summary(await operations[name].run(side, values)) };
  } catch (error) {
    return { error: error.message.replace(/script: .*/, ''), code: error.code };
  }
}
