// Injects faults into our commands, one at a time, and sees whether the comparison finds them.
import { Coverage } from './coverage.mjs';
import { Pair, replayEpisode, runRandomEpisode } from './episode.mjs';
import { faultsOf, handfulOfFaults } from './faults.mjs';
import { options } from './options.mjs';
import { randomNumbers } from './random.mjs';
import { Side } from './side.mjs';

const OPERATIONS = 6000; // after so many without a difference a fault counts as missed

/** Returns { passed, failed }: faults found, faults missed. */
export async function findFaults(path, theirs, commands) {
  const healthy = openPair(path, theirs, commands);
  for (let i = 0; i < 12; i++) await runRandomEpisode(healthy, `callers.${i}`, 120);
  const count = { passed: 0, failed: 0 };
  for (const fault of chooseFaults(commands)) {
    const { operations, found } = await lookFor(fault, path, healthy, commands);
    count[found ? 'passed' : 'failed']++;
    const outcome = found ? `found after ${operations} operations` : `MISSED in ${operations} operations: ${fault.line}`;
    if (!found || options.verbose || options.faults !== 'all') console.log(`  ${fault.command}, ${fault.what}: ${outcome}`);
  }
  await healthy.ours.close();
  return count;
}

function openPair(path, theirs, commands) {
  const coverage = new Coverage();
  const ours = new Side({ path, db: 2, replacements: commands });
  coverage.watch(ours);
  return new Pair(theirs, ours, coverage);
}

function chooseFaults(commands) {
  if (options.faults === 'handful') return handfulOfFaults(commands);
  const named = options.faults === 'all' ? [...commands.keys()] : options.faults.split(',');
  const all = named.flatMap((command) => faultsOf(command, commands.get(command).lua));
  if (!options.sample) return all;
  const random = randomNumbers(options.seed);
  return Array.from({ length: Number(options.sample) }, () => random.pick(all));
}

// Operations that were seen to call the command are favoured. A difference counts when it is the fault's own:
// the same episode shows none without it.
async function lookFor(fault, path, healthy, commands) {
  const { keys } = commands.get(fault.command);
  const pair = openPair(path, healthy.theirs, new Map(commands).set(fault.command, { keys, lua: fault.lua }));
  let operations = 0;
  let found = false;
  for (let i = 0; operations < OPERATIONS && !found; i++) {
    const favoured = healthy.coverage.callers.get(fault.command);
    const { record, difference } = await runRandomEpisode(pair, `${options.seed}.fault.${i}`, 120, favoured);
    operations += record.steps.length;
    found = difference !== undefined && (await replayEpisode(healthy, record)).difference === undefined;
  }
  await pair.ours.close();
  return { operations, found };
}
