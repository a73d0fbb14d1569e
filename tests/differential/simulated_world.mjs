// Clock, random numbers and ids of this process come from the run, so that both sides of the comparison
// see the same ones. Import it before BullMQ, which keeps its own references.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { randomNumbers } from './random.mjs';

/** The time at which every run begins, ms: a moment that is not round in any unit. */
export const START = 1760000000123;

let now = START;
let random = randomNumbers(0);

/** Both sides run an operation in the same world: the same time, and random numbers from the start. */
export function enterWorld(time, seed) {
  now = time;
  random = randomNumbers(seed);
}

class SimulatedDate extends Date {
  constructor(...args) {
    super(...(args.length > 0 ? args : [now]));
  }

  static now() {
    return now;
  }
}

function uuid() {
  const hex = Array.from({ length: 32 }, () => random.int(0, 15).toString(16));
  hex[12] = '4';
  hex[16] = '8';
  return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

globalThis.Date = SimulatedDate;
Math.random = () => random.next();
crypto.randomUUID = uuid;
syncBuiltinESMExports();
