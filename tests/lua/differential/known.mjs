// What a run knows of the queues when it draws its next operation.
import { QUEUES } from './side.mjs';

const byName = (a, b) => (a.queue + a.id < b.queue + b.id ? -1 : 1);

async function readSchedulers(connection, queue, keys, waiting, setAside) {
  const found = [];
  const flat = await connection.zrange(`bull:${queue}:repeat`, 0, -1, 'WITHSCORES');
  for (let i = 0; i < flat.length; i += 2) {
    const [id, newest] = [flat[i], Number(flat[i + 1])];
    const slots = keys.map((key) => key.split(':')).filter((parts) => parts[2] === 'repeat' && parts[3] === id && parts[4])
      .map((parts) => Number(parts[4]));
    found.push({ queue, id, newest, slots, waits: waiting.includes(`repeat:${id}:${newest}`),
      setAside: setAside.includes(`repeat:${id}:${newest}`) });
  }
  return found;
}

/** Looks at a side after an operation; both are alike. */
export async function learn(known, { connection }) {
  Object.assign(known, { ids: [], active: [], iterations: [], keys: new Set(), parents: [], schedulers: [], paused: {} });
  for (const queue of QUEUES) {
    const keys = (await connection.keys(`bull:${queue}:*`)).sort();
    const waiting = await connection.lrange(`bull:${queue}:wait`, 0, -1);
    const setAside = await connection.lrange(`bull:${queue}:paused`, 0, -1);
    known.paused[queue] = (await connection.hexists(`bull:${queue}:meta`, 'paused')) === 1;
    known.schedulers.push(...(await readSchedulers(connection, queue, keys, waiting, setAside)));
    for (const id of await connection.lrange(`bull:${queue}:active`, 0, -1)) known.active.push({ queue, id });
    for (const key of keys) {
      known.keys.add(key);
      const [, , id, ...rest] = key.split(':');
      if (rest.length === 0 && /^(\d+|custom-\d+|flow-\d+)$/.test(id)) known.ids.push({ queue, id });
      if (rest.length === 1 && ['dependencies', 'processed'].includes(rest[0])) known.parents.push({ queue, id });
      if (rest.length === 2 && id === 'repeat') known.iterations.push({ queue, id: [id, ...rest].join(':') });
    }
  }
  known.ids.sort(byName);
  const pipeline = connection.pipeline();
  for (const { queue, id } of known.ids) pipeline.hexists(`bull:${queue}:${id}`, 'deid');
  const owners = await pipeline.exec();
  known.ids = known.ids.map((job, i) => ({ ...job, deduplicated: owners[i][1] === 1 }));
}
