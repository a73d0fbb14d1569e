// Reads whole databases into plain values and compares them.
import { readFileSync } from 'node:fs';

const SCRIPT = readFileSync(new URL('keyspace.lua', import.meta.url), 'utf8');
const COMMAND = 'readKeyspaceForComparison';
// Fields that Redis writes as JSON, with members in any order.
const JSON_FIELDS = new Set(['opts', 'parent', 'pd']);

/** A value whose objects have their members in one order at any depth. */
export function inOneOrder(value) {
  if (Array.isArray(value)) return value.map(inOneOrder);
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, inOneOrder(value[key])]));
}

function canonicalJson(text) {
  try {
    return JSON.stringify(inOneOrder(JSON.parse(text)));
  } catch {
    return text;
  }
}

/** The fields of a hash, as Redis lists them, in one order. */
export function canonicalHash(flat) {
  const pairs = [];
  for (let i = 0; i < flat.length; i += 2) {
    pairs.push([flat[i], JSON_FIELDS.has(flat[i]) ? canonicalJson(flat[i + 1]) : flat[i + 1]]);
  }
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1)).flat();
}

/** The keyspace of one side, read after every step. Of a stream it holds the entries since the last reading. */
export class Keyspace {
  constructor(connection) {
    this.connection = connection;
    this.cursors = {};
    if (!connection[COMMAND]) connection.defineCommand(COMMAND, { numberOfKeys: 0, lua: SCRIPT });
  }

  /** Ages all times to live by whole seconds of `ms`, then reads: key -> { type, ttl, value }. */
  async read(ms = 0) {
    const dump = new Map();
    for (const [key, type, ttl, value] of await this.connection[COMMAND](ms, JSON.stringify(this.cursors))) {
      dump.set(key, type === 'stream' ? this.#stream(key, value) : { type, ttl, value: type === 'hash' ? canonicalHash(value) : value });
    }
    return dump;
  }

  #stream(key, [length, entries]) {
    if (entries.length > 0) this.cursors[key] = entries.at(-1)[0];
    return { type: 'stream', length, value: entries.map(([, fields]) => fields) };
  }
}

/** The keys in which two dumps differ. */
export function differingKeys(theirs, ours) {
  const keys = new Set([...theirs.keys(), ...ours.keys()]);
  return [...keys].filter((key) => JSON.stringify(theirs.get(key)) !== JSON.stringify(ours.get(key))).sort();
}

/** What two dumps say of a key, as text. */
export function describeKey(key, theirs, ours) {
  return `${key}\n  BullMQ: ${JSON.stringify(theirs.get(key))}\n  ours:   ${JSON.stringify(ours.get(key))}`;
}
