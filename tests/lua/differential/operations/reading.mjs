// Reading jobs, states and counts.
import { QUEUES, callCommand } from '../side.mjs';
import { fromId, onAny } from './drawing.mjs';

export const reading = {
  readState: {
    weight: 3,
    draw: onAny,
    run: async (side, { queue, id }) => {
      const job = await fromId(side, queue, id);
      return [await side.queues[queue].getJobState(id), await job?.isCompleted(), await side.queues[queue].isMaxed(),
        await side.queues[queue].getRateLimitTtl(3), await side.queues[queue].getJobCounts()];
    },
  },
  isFinished: {
    weight: 2,
    draw: (random, known) => onAny(random, known) && { ...onAny(random, known), withValue: random.pick(['', '1']) },
    run: (side, { queue, id, withValue }) =>
      callCommand(side, 'isFinished', ...['completed', 'failed', id].map((key) => `bull:${queue}:${key}`), id, withValue),
  },
};
