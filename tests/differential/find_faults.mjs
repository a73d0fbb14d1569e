// Injects faults into our commands, one at a time, and sees whether the comparison finds them.
import { Coverage } from './coverage.mjs';
import { Pair, runRandomEpisode } from './episode.mjs';
import { faultsOf, handfulOfFaults } from './faults.mjs';
import { options } from './options.mjs';
import { randomNumbers } from './random.mjs';
import { Side } from './side.mjs';

const OPERATIONS = 6000; // after so many without a difference a fault counts as missed

/** Returns { passed, failed }: faults found, faults missed. */
export async function findFaults(path, theirs, commands) {
  const callers = await learnCallers(path, theirs, commands);
  const count = { passed: 0, failed: 0 };
  for (const fault of chooseFaults(commands)) {
    const { operations, difference } = await lookFor(fault, path, theirs, commands, callers.get(fault.command));
    count[difference ? 'passed' : 'failed']++;
    const outcome = difference ? `found after ${operations} operations` : `MISSED in ${operations} operations: ${fault.line}`;
    if (!difference || options.verbose || options.faults !== 'all') console.log(`  ${fault.command}, ${fault.what}: ${outcome}`);
  }
  return count;
}

function chooseFaults(commands) {
  if (options.faults === 'handful') return handfulOfFaults(commands);
  const named = options.faults === 'all' ? [...commands.keys()] : options.faults.split(',');
  const all = named.flatMap((command) => faultsOf(command, commands.get(command).lua));
  if (!options.sample) return all;
  const random = randomNumbers(options.seed);
  return Array.from({ length: Number(options.sample) }, () => random.pick(all));
}

// Which operations call a command, seen in a run without faults.
async function learnCallers(path, theirs, commands) {
  const coverage = new Coverage();
  const ours = new Side({ path, db: 2, replacements: commands });
  coverage.watch(ours);
  const pair = new Pair(theirs, ours, coverage);
  for (let i = 0; i < 12; i++) await runRandomEpisode(pair, `callers.${i}`, 120);
  await ours.close();
  return coverage.callers;
}

async function lookFor(fault, path, theirs, commands, favoured) {
  const { keys } = commands.get(fault.command);
  const ours = new Side({ path, db: 2, replacements: new Map(commands).set(fault.command, { keys, lua: fault.lua }) });
  const pair = new Pair(theirs, ours, new Coverage());
  let operations = 0;
  let difference;
  for (let i = 0; operations < OPERATIONS && !difference; i++) {
    const outcome = await runRandomEpisode(pair, `${options.seed}.fault.${i}`, 120, favoured);
    operations += outcome.record.steps.length;
    difference = outcome.difference;
  }
  await ours.close();
  return { operations, difference };
}
