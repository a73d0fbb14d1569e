// What a worker of the peer does with its jobs. Each entry makes a processor from the `with` object
// of the request; `context` gives it the library's classes and the gate that `releaseWorker` opens.

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const behaviours = {
  echo: () => async (job) => job.data,

  returnValue: ({ value }) => async () => value,

  failThenSucceed: ({ times, message = 'not yet', value = null }) => async (job) => {
    if (job.attemptsMade < times) throw new Error(`${message} ${job.attemptsMade + 1}`);
    return value;
  },

  fail: ({ message = 'always fails' }) => async () => {
    throw new Error(message);
  },

  /** Fails with what the job's data says, or returns what it says. */
  asTold: () => async ({ data }) => {
    if (data.fail) throw new Error(data.fail);
    return data.value ?? null;
  },

  unrecoverable: ({ message = 'cannot be mended' }, { UnrecoverableError }) => async () => {
    throw new UnrecoverableError(message);
  },

  report: ({ progress = [], logs = [], value = null }) => async (job) => {
    for (const step of progress) await job.updateProgress(step);
    for (const row of logs) await job.log(row);
    return value;
  },

  sleep: ({ ms, value = null }) => async () => {
    await sleep(ms);
    return value;
  },

  hang: ({ value = null }, { gate }) => async () => {
    await gate;
    return value;
  },
};

export function makeProcessor(name, options, context) {
  const make = behaviours[name];
  if (!make) {
    throw new Error(`unknown behaviour "${name}"; known: ${Object.keys(behaviours).join(', ')}`);
  }
  return make(options, context);
}
