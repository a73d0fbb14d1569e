// Counts which commands a run called, and what they answered.

/** Watches the scripts that a side sends. */
export class Coverage {
  constructor() {
    this.calls = new Map();
    this.errors = new Map();
    this.differences = new Map();
    this.callers = new Map();
  }

  watch(side) {
    const send = side.connection.sendCommand;
    const scripts = side.scriptsBySha;
    side.connection.sendCommand = (command, ...rest) => {
      const name = command.name === 'evalsha' && scripts.get(String(command.args[0]));
      if (name) this.#count(name, command.promise);
      return send.call(side.connection, command, ...rest);
    };
  }

  #count(name, reply) {
    if (!this.calls.has(name)) {
      this.calls.set(name, { times: 0, codes: {} });
      this.callers.set(name, new Set());
    }
    this.callers.get(name).add(this.operation);
    const entry = this.calls.get(name);
    entry.times++;
    const note = (code) => {
      entry.codes[code] = (entry.codes[code] ?? 0) + 1;
    };
    reply.then((value) => {
      if (typeof value === 'number' && value < 0) note(value);
    }, () => note('error'));
  }

  /** Notes what an operation ended with, to see that it fails for no reason of its own. */
  noteError(name, { error }) {
    const key = `${name}: ${error.slice(0, 100)}`;
    this.errors.set(key, (this.errors.get(key) ?? 0) + 1);
  }

  noteDifference(name) {
    this.differences.set(name, (this.differences.get(name) ?? 0) + 1);
  }

  /** The commands of the list that were never called. */
  missing(names) {
    return [...names].filter((name) => !this.calls.has(name)).sort();
  }

  /** A table: command, times called, refusals by code. */
  table(names) {
    return [...this.calls].filter(([name]) => names.has(name)).sort().map(([name, { times, codes }]) => {
      const refused = Object.entries(codes).sort().map(([code, n]) => `${code}: ${n}`);
      return `  ${name.padEnd(36)} ${String(times).padStart(8)}   ${refused.join(', ')}`.trimEnd();
    }).join('\n');
  }
}
