// The options of tests/differential/run, and the two sides that it opens.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** What was given on the command line. */
export const { values: options } = parseArgs({
  options: {
    exported: { type: 'string' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string' },
    operations: { type: 'string', default: '3000' },
    length: { type: 'string', default: '120' },
    replay: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    faults: { type: 'string' },
    sample: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const usage = `tests/differential/run [--seed S] [--seconds N | --operations N] [--length N] [--keep-going] [--verbose]
                       [--replay FILE] [--faults handful|all|NAME,... [--sample N]]`;
if (options.help) {
  console.log(usage);
  process.exit(0);
}
for (const name of ['seconds', 'operations', 'length', 'sample']) {
  if (options[name] !== undefined && !(Number(options[name]) > 0)) refuse(`--${name} must be a number above 0, not ${options[name]}`);
}
if (options.replay && !existsSync(options.replay)) refuse(`--replay ${options.replay}: there is no such file`);

export function refuse(reason) {
  console.error(`${reason}\n${usage}`);
  process.exit(2);
}

/** Tells when a run has done enough. */
export function enoughDone() {
  const started = performance.now();
  return options.seconds
    ? () => performance.now() - started > Number(options.seconds) * 1000
    : (operations) => operations >= Number(options.operations);
}
