// Faults to inject into the text of a command, one at a time, to see that the comparison finds them.

const LEFT_OUT = 'local function left_out() return 1 end\n';

// What a fault does: how to find its places in a text, and what to put there.
const KINDS = {
  'left out': {
    places: /\bcall\('(XADD|ZADD|SADD|SREM|ZREM|LREM|HSET|HDEL|HINCRBY|INCR|DEL|SET|PEXPIRE|PERSIST|LPUSH|RPUSH|LPOP|RPOP|LTRIM|ZREMRANGEBYRANK|ZREMRANGEBYSCORE|RENAME|COPY|UNLINK|RPOPLPUSH|ZPOPMIN)'/g,
    change: (found, command) => ({ text: `left_out('${command}'`, what: `${command} left out`, header: LEFT_OUT }),
  },
  'other end': {
    places: /'([LR])PUSH'/g,
    change: (found, end) => ({ text: `'${end === 'L' ? 'R' : 'L'}PUSH'`, what: `${found} at the other end` }),
  },
  'wrong score': {
    places: /\b(4096|4294967296)\b/g,
    change: (found) => ({ text: String(Number(found) - 1), what: `${found} - 1` }),
  },
  'wrong code': {
    places: /return (-[1-9]\d*|[01])\b(?! *[-+*/.])/g,
    change: (found, code) => ({ text: `return ${Number(code) - 20}`, what: `${found} - 20` }),
  },
  'wrong event': {
    places: /'event', '([a-z-]+)'/g,
    change: (found, event) => ({ text: `'event', '${event}x'`, what: `event ${event} misspelt` }),
  },
  'wrong previous state': {
    places: /'prev', '([a-z-]+)'/g,
    change: (found, state) => ({ text: `'prev', '${state}x'`, what: `prev ${state} misspelt` }),
  },
  'wrong comparison': {
    places: / (==|~=|<=|>=|<|>) (?=[\w'-])/g,
    change: (found, sign) => ({ text: ` ${{ '==': '~=', '~=': '==', '<=': '<', '<': '<=', '>=': '>', '>': '>=' }[sign]} `, what: `${sign} turned` }),
  },
};

/** Every fault of a text: { command, kind, what, line, lua }. */
export function faultsOf(command, lua, kinds = Object.keys(KINDS)) {
  return kinds.flatMap((kind) => [...lua.matchAll(KINDS[kind].places)].map((match) => {
    const { text, what, header = '' } = KINDS[kind].change(...match);
    const changed = header + lua.slice(0, match.index) + text + lua.slice(match.index + match[0].length);
    const line = lua.slice(lua.lastIndexOf('\n', match.index) + 1).split('\n', 1)[0].trim();
    return { command, kind, what, line, lua: changed };
  }));
}

// [command, kind, what it must be about, which of several]
const HANDFUL = [
  ['addStandardJob', 'left out', /^XADD/, -1],
  ['addDelayedJob', 'wrong score', /4096/, -1],
  ['addPrioritizedJob', 'left out', /^ZADD/, -1],
  ['moveToFinished', 'left out', /^SREM/, 0],
  ['moveToFinished', 'left out', /^HDEL/, -1],
  ['moveToDelayed', 'wrong code', /-3/, 0],
  ['moveStalledJobsToWait', 'other end', /RPUSH/, 0],
  ['moveToActive', 'wrong previous state', /waiting/, 0],
  ['extendLocks', 'left out', /^PEXPIRE/, 0],
  ['reprocessJob', 'left out', /^HDEL/, 0],
  ['updateJobScheduler', 'left out', /^H(INCRBY|SET)/, 0],
  ['pause', 'left out', /^DEL/, 0],
];

/** A handful of faults of different kinds. Fails when a text has no place for one any more. */
export function handfulOfFaults(commands) {
  return HANDFUL.map(([command, kind, about, which]) => {
    const found = faultsOf(command, commands.get(command).lua, [kind]).filter(({ what }) => about.test(what)).at(which);
    if (!found) throw new Error(`${command} has no place for the fault "${kind}" ${about}; choose another in faults.mjs`);
    return found;
  });
}
