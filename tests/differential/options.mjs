// The options of tests/differential/run, and the two sides that it opens.
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
  },
});

/** Tells when a run has done enough. */
export function enoughDone() {
  const started = performance.now();
  return options.seconds
    ? () => performance.now() - started > Number(options.seconds) * 1000
    : (operations) => operations >= Number(options.operations);
}
