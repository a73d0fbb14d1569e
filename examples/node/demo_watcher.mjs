// Counts what Node's QueueEvents tell of the demo's jobs.

const streamTime = (streamId) => Number(streamId.split('-')[0]);

const promptKinds = ['plain', 'prioritized', 'lifo'];

export class Watcher {
  constructor(queueEvents) {
    this.counts = { completed: 0, retried: 0, failed: 0 };
    this.attempts = new Map();
    this.first = Infinity;
    this.promptJobs = 0;
    this.lastPrompt = 0;
    this.kindOf = new Map();
    queueEvents.on('added', ({ jobId, name }) => this.kindOf.set(jobId, name));
    queueEvents.on('active', ({ jobId }, streamId) => this.sawStart(jobId, streamId));
    queueEvents.on('completed', ({ jobId }, streamId) => this.sawEnd('completed', jobId, streamId));
    queueEvents.on('failed', ({ jobId }, streamId) => this.sawEnd('failed', jobId, streamId));
  }

  get finished() {
    return this.counts.completed + this.counts.failed;
  }

  /** Jobs a second over the kinds that nothing holds back, by the clock of Redis. */
  get jobsPerSecond() {
    return this.promptJobs / ((this.lastPrompt - this.first) / 1000);
  }

  sawStart(jobId, streamId) {
    this.first = Math.min(this.first, streamTime(streamId));
    const attempt = (this.attempts.get(jobId) ?? 0) + 1;
    this.attempts.set(jobId, attempt);
    if (attempt > 1) this.counts.retried += 1;
  }

  sawEnd(outcome, jobId, streamId) {
    this.counts[outcome] += 1;
    if (promptKinds.includes(this.kindOf.get(jobId))) {
      this.promptJobs += 1;
      this.lastPrompt = Math.max(this.lastPrompt, streamTime(streamId));
    }
  }
}
