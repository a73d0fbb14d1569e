// Reads a whole database into plain values that can be compared.

const READERS = {
  string: (p, key) => p.get(key),
  list: (p, key) => p.lrange(key, 0, -1),
  set: (p, key) => p.smembers(key),
  zset: (p, key) => p.zrange(key, 0, -1, 'WITHSCORES'),
  hash: (p, key) => p.hgetall(key),
  stream: (p, key) => p.xrange(key, '-', '+'),
};

async function runPipeline(connection, keys, queueCommand) {
  const pipeline = connection.pipeline();
  keys.forEach((key, i) => queueCommand(pipeline, key, i));
  return (await pipeline.exec()).map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}

// Members of JSON written by Redis come in any order.
function canonicalJson(text) {
  const sort = (value) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sort(value[key])]))
      : value;
  return JSON.stringify(sort(JSON.parse(text)));
}

function normalise(type, value) {
  if (type === 'set') return [...value].sort();
  if (type === 'stream') return value.map(([, fields]) => fields);
  if (type !== 'hash') return value;
  const fields = Object.fromEntries(Object.keys(value).sort().map((name) => [name, value[name]]));
  for (const name of ['opts', 'parent', 'pd']) {
    if (fields[name]) fields[name] = canonicalJson(fields[name]);
  }
  return fields;
}

// The wake-up marker may be left out where nothing is left to wake anyone for (protocol/2 B14.6).
function dropIdleMarkers(dump, queues) {
  for (const queue of queues) {
    const idle = ['wait', 'prioritized', 'delayed'].every((name) => !dump[`bull:${queue}:${name}`]);
    const marker = dump[`bull:${queue}:marker`];
    if (!idle || !marker) continue;
    const at = marker.value.indexOf('0');
    if (marker.value[at + 1] === '0') marker.value.splice(at, 2);
    if (marker.value.length === 0) delete dump[`bull:${queue}:marker`];
  }
}

/** key -> { type, ttl: in whole minutes or 'none', value } */
export async function readKeyspace(connection, queues) {
  const keys = (await connection.keys('*')).sort();
  const types = await runPipeline(connection, keys, (p, key) => p.type(key));
  const ttls = await runPipeline(connection, keys, (p, key) => p.pttl(key));
  const values = await runPipeline(connection, keys, (p, key, i) => READERS[types[i]](p, key));
  const dump = {};
  keys.forEach((key, i) => {
    const ttl = ttls[i] < 0 ? 'none' : Math.round(ttls[i] / 60000);
    dump[key] = { type: types[i], ttl, value: normalise(types[i], values[i]) };
  });
  dropIdleMarkers(dump, queues);
  return dump;
}

/** The first difference of two dumps as text, or nothing. */
export function firstDifference(theirs, ours) {
  for (const key of [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].sort()) {
    const a = JSON.stringify(theirs[key]);
    const b = JSON.stringify(ours[key]);
    if (a !== b) return `${key}\n  BullMQ: ${a}\n  ours:   ${b}`;
  }
  return undefined;
}
