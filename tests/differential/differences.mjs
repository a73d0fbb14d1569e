// Where our commands differ from BullMQ 6.7.0 on purpose: the one list, each with its reason. An entry says
// for which step it holds and what may differ then; everything else is still compared. After such a step
// BullMQ's side adopts our content, so that the run goes on from equal databases.
//
// accept(step) gets { name, values, now, before, after: { theirs, ours }, replies: { theirs, ours }, keys (that
// differ), sameReply } and returns { keys, reply? } that may differ, or nothing.
import { qualified } from './side.mjs';

const bases = Object.values(qualified).map((name) => `${name}:`);
const baseOf = ({ values }) => `${qualified[values.queue]}:`;
const membersOf = (dump, key) => dump.get(key)?.value ?? [];
const fieldOf = (dump, key, field) => {
  const flat = membersOf(dump, key);
  const at = flat.indexOf(field);
  return at < 0 ? undefined : flat[at + 1];
};
const scoreOf = fieldOf;
const idsOf = (dump, key) => membersOf(dump, key).filter((_, i) => i % 2 === 0);
const isUnchanged = (before, after, key) => JSON.stringify(before.get(key)) === JSON.stringify(after.get(key));
const within = (keys, base) => keys.filter((key) => key.startsWith(base));

export const differences = [
  {
    name: 'marker of an idle queue',
    reason: 'every activation sets the wake-up marker; ours leaves it out when nothing waits and nothing is delayed',
    accept({ keys, before, after: { theirs, ours } }) {
      // The next iteration of a scheduler comes after its job was taken, and sets a marker of its own.
      const isNew = (base, ids) => ids.every((id) => !idsOf(before, `${base}delayed`).includes(id));
      const idle = bases.filter((base) => !ours.has(`${base}wait`) && !ours.has(`${base}prioritized`) && isNew(base, idsOf(ours, `${base}delayed`)));
      const marker = idle.map((base) => `${base}marker`).filter((key) => keys.includes(key) && lacksOnlyBaseMarker(theirs, ours, key));
      return marker.length > 0 && { keys: marker };
    },
  },
  {
    name: 'moveToFinished without keepJobs',
    reason: 'fails after the lock is gone; ours refuses before anything is written',
    accept({ name, values, before, keys, after, replies }) {
      const applies = name === 'rawMoveToFinished' && !values.worker.keepJobs && replies.ours.error;
      return applies && keys.every((key) => isUnchanged(before, after.ours, key)) && { keys, reply: true };
    },
  },
  {
    name: 'moveToFinished of a failed job without attempts',
    reason: 'fails when the job is in `failed` already; ours counts none as 0 and goes on',
    accept(step) {
      const { name, values, keys, replies } = step;
      const applies = name === 'rawMoveToFinished' && values.state === 'failed' && values.worker.attempts === undefined;
      return applies && replies.theirs.error === 'a script error' && !replies.ours.error
        && { keys: within(keys, baseOf(step)), reply: true };
    },
  },
  {
    name: 'scheduler upsert and the list that BullMQ does not look into',
    reason: 'leaves an iteration in `wait` of a paused queue, or in a legacy `paused`, and adds a second one (protocol 3, D2); ours replaces it',
    accept(step) {
      const { name, values, before, keys, after } = step;
      if (!['upsertScheduler', 'rawAddJobScheduler'].includes(name)) return undefined;
      const base = baseOf(step);
      const id = values.scheduler ?? values.id;
      const iteration = `repeat:${id}:${scoreOf(before, `${base}repeat`, id)}`;
      const overlooked = fieldOf(before, `${base}meta`, 'paused') ? 'wait' : 'paused';
      const waited = membersOf(before, base + overlooked).includes(iteration);
      const left = [...membersOf(after.ours, `${base}wait`), ...membersOf(after.ours, `${base}paused`)].filter((member) => member === iteration);
      return waited && left.length <= 1 && { keys: within(keys, base), reply: true };
    },
  },
  {
    name: 'scheduler upsert and a waiting iteration with a lock',
    reason: 'token `0` gives a job back without its lock being looked at; ours takes a locked iteration for one that has started, and leaves it',
    accept(step) {
      const { name, values, before, keys } = step;
      if (!['upsertScheduler', 'rawAddJobScheduler'].includes(name)) return undefined;
      const base = baseOf(step);
      const id = values.scheduler ?? values.id;
      const iteration = `repeat:${id}:${scoreOf(before, `${base}repeat`, id)}`;
      return before.has(`${base}${iteration}:lock`) && membersOf(before, `${base}wait`).includes(iteration) && { keys: within(keys, base), reply: true };
    },
  },
  {
    name: 'scheduler upsert whose next slot has a job that started early',
    reason: 'writes the new iteration over that job (protocol 3, section 2.1 step 6); ours answers -10 and changes nothing',
    accept(step) {
      const { name, before, keys, after, replies } = step;
      return ['upsertScheduler', 'rawAddJobScheduler'].includes(name) && (replies.ours.code === -10 || replies.ours.reply === -10)
        && keys.every((key) => isUnchanged(before, after.ours, key) || /:(events|id)$/.test(key)) && { keys: within(keys, baseOf(step)), reply: true };
    },
  },
  {
    name: 'removeOrphanedJobs and keys that look like jobs',
    reason: 'deletes metrics, `priority` and parked jobs (protocol 3, D6); ours keeps them',
    accept(step) {
      const { name, before, keys, after } = step;
      if (!['removeOrphanedJobs', 'rawRemoveOrphanedJobs'].includes(name)) return undefined;
      const base = baseOf(step);
      const kept = keys.filter((key) => /^(metrics:|priority$|dn:)/.test(key.slice(base.length)) && isUnchanged(before, after.ours, key));
      return kept.length > 0 && { keys: kept, reply: true };
    },
  },
  {
    name: 'drain with a waiting iteration of a scheduler',
    reason: 'cuts the wrong entries from the list (protocol 3, D1); ours keeps exactly the protected iterations',
    accept(step) {
      const { name, before, after, keys } = step;
      if (!['drain', 'rawDrain'].includes(name)) return undefined;
      const base = baseOf(step);
      const repeat = membersOf(before, `${base}repeat`);
      const isProtected = (id) => repeat.some((scheduler, i) => i % 2 === 0 && id === `repeat:${scheduler}:${repeat[i + 1]}`);
      const right = ['wait', 'paused'].map((list) => base + list).filter((key) => keys.includes(key)
        && membersOf(before, key).some(isProtected)
        && JSON.stringify(membersOf(before, key).filter(isProtected)) === JSON.stringify(membersOf(after.ours, key)));
      return right.length > 0 && { keys: right };
    },
  },
  {
    name: 'how far a short event stream is trimmed',
    reason: 'trimming goes by whole nodes of the stream; ours trims with the last event of a command where BullMQ trims before the first, and not in a stalled check that finds nothing',
    accept({ name, keys, before, after: { theirs, ours } }) {
      const streams = bases.map((base) => `${base}events`).filter((key) => keys.includes(key) && theirs.has(key) && ours.has(key)
        && Number(fieldOf(before, key.replace(/events$/, 'meta'), 'opts.maxLenEvents')) < 100
        && JSON.stringify(theirs.get(key).value) === JSON.stringify(ours.get(key).value)
        && ((name === 'stalledCheck' && ours.get(key).length === before.get(key)?.length) || Math.abs(theirs.get(key).length - ours.get(key).length) <= 20));
      return streams.length > 0 && { keys: streams };
    },
  },
  {
    name: 'markers of BullMQ 4 when reading',
    reason: 'counting and listing remove a marker at the end of a list, or overlook it when it is alone; ours only reads: the marker counts and takes a place, but is not listed',
    accept(step) {
      const { name, before, after, keys, replies } = step;
      if (!READS_OF_LISTS.includes(name)) return undefined;
      const marked = ['wait', 'paused'].map((list) => baseOf(step) + list).filter((key) => membersOf(before, key).some((member) => member.startsWith('0:')));
      return marked.length > 0 && !replies.ours.error && keys.every((key) => marked.includes(key) && isUnchanged(before, after.ours, key))
        && !JSON.stringify(replies.ours).includes('"0:') && { keys, reply: true };
    },
  },
  {
    name: 'markers of BullMQ 4 when a finishing worker takes the next job',
    reason: 'a marker at the end of `wait` ends the search; ours drops it and takes the next job',
    accept(step) {
      const { name, before, after, keys } = step;
      const wait = `${baseOf(step)}wait`;
      const last = membersOf(before, wait).at(-1);
      return [...FINISHES, 'rawMoveToDelayed'].includes(name) && last?.startsWith('0:')
        && membersOf(after.ours, wait).at(-1) !== last && { keys: within(keys, baseOf(step)), reply: true };
    },
  },
  {
    name: 'several markers of BullMQ 4 when taking',
    reason: 'a second marker at the end of `wait` is handed out as if it were a job; ours drops both and takes the next job',
    accept(step) {
      const { name, before, after, keys } = step;
      const [last, second] = membersOf(before, `${baseOf(step)}wait`).slice(-2).reverse();
      return ['fetch', 'rawMoveToActive'].includes(name) && last?.startsWith('0:') && second?.startsWith('0:')
        && membersOf(after.ours, `${baseOf(step)}wait`).at(-1) !== last && { keys: within(keys, baseOf(step)), reply: true };
    },
  },
  {
    name: 'hashes that were lost while the job ran',
    reason: 'a job with as many fields as a plain job has is taken for one; of one whose hash was deleted and filled anew that may be wrong',
    accept(step) {
      const { name, values, before, keys } = step;
      const job = baseOf(step) + values.id;
      return [...FINISHES, 'rawMoveToDelayed'].includes(name) && before.has(job) && fieldOf(before, job, 'name') === undefined && { keys };
    },
  },
  {
    name: 'hard removal and deduplication ids',
    reason: 'leaves the id of a parent that goes with its last child taken, and frees one that another job owns; ours frees what the removed job owns',
    accept({ name, keys, before, after: { ours } }) {
      if (!HARD_REMOVALS.includes(name)) return undefined;
      const right = keys.filter((key) => {
        const [, base, kind, id] = key.match(/^(bull:alpha:|bull:beta:|alt:own:gamma:)(de|dn):(.*)$/) ?? [];
        const owner = base && membersOf(before, `${base}de:${id}`);
        if (!base || !before.has(`${base}de:${id}`)) return false;
        const ownerIsGone = before.has(base + owner) && !ours.has(base + owner);
        return ownerIsGone ? !ours.has(key) : isUnchanged(before, ours, key) && kind !== undefined;
      });
      return right.length > 0 && { keys: right };
    },
  },
  {
    name: 'markers of BullMQ 4 when promoting',
    reason: 'a marker at the head of `wait` is removed; ours leaves it to the worker that comes to it',
    accept(step) {
      const wait = `${baseOf(step)}wait`;
      return ['promote', 'rawPromote'].includes(step.name) && membersOf(step.before, wait)[0]?.startsWith('0:')
        && membersOf(step.after.ours, wait).includes(membersOf(step.before, wait)[0]) && { keys: [wait] };
    },
  },
  {
    name: 'what obliterate leaves behind',
    reason: 'parents that wait for children, and the limiter, stay behind (protocol 3, D8); ours deletes them',
    accept(step) {
      const { name, before, keys, after, replies } = step;
      if (name !== 'obliterate' && name !== 'rawObliterate') return undefined;
      const base = baseOf(step);
      // They count: the call that BullMQ takes for the last one may not be.
      const oneMoreCall = replies.theirs.reply === 0 && replies.ours.reply === 1 && before.has(`${base}waiting-children`);
      if (oneMoreCall) return { keys: within(keys, base), reply: true };
      const parents = idsOf(before, `${base}waiting-children`).map((id) => base + id);
      const released = ancestorsOf(before, parents);
      const left = keys.filter((key) => (!after.ours.has(key)
        && ([`${base}limiter`, `${base}waiting-children`].includes(key) || parents.some((parent) => key === parent || key.startsWith(`${parent}:`))))
        || released.some((ancestor) => key === `${ancestor}:dependencies`
          || ['wait', 'paused', 'waiting-children', 'marker'].some((word) => key === queueOf(ancestor) + word)));
      return left.length > 0 && { keys: left };
    },
  },
  {
    name: 'jobs of a queue that BullMQ 5 has paused',
    reason: 'are in `wait`, which a resume by BullMQ 5 overwrites; ours go into the list `paused` where BullMQ 5 takes part',
    accept({ keys, before, after: { theirs, ours } }) {
      // A promotion may drop a marker of BullMQ 4 in the same step.
      const together = (dump, base) => [...membersOf(dump, `${base}wait`), ...membersOf(dump, `${base}paused`)]
        .filter((member) => !member.startsWith('0:')).sort().join();
      const takesPart = (base) => before.has(`${base}paused`) || fieldOf(before, `${base}meta`, 'version')?.startsWith('bullmq:5');
      const moved = (base) => fieldOf(ours, `${base}meta`, 'paused') && takesPart(base) && together(theirs, base) === together(ours, base);
      // A job may be removed from that list in the same step.
      const inOneList = (stream) => JSON.stringify(stream)?.replaceAll('"prev","paused"', '"prev","wait"');
      const sameEvents = (key) => inOneList(theirs.get(key)) === inOneList(ours.get(key));
      const differing = bases.filter(moved).flatMap((base) => ['wait', 'paused', 'events'].map((word) => base + word))
        .filter((key) => keys.includes(key) && (!key.endsWith(':events') || sameEvents(key)));
      return differing.length > 0 && { keys: differing };
    },
  },
  {
    name: 'changePriority in a queue that BullMQ 5 has paused',
    reason: 'overlooks jobs in the list `paused`; ours moves them as BullMQ 5 does',
    accept(step) {
      const { name, values, before, keys } = step;
      const base = baseOf(step);
      return ['changePriority', 'rawChangePriority'].includes(name) && membersOf(before, `${base}paused`).includes(values.id)
        && { keys: keys.filter((key) => ['paused', 'wait', 'prioritized', 'pc'].includes(key.slice(base.length))) };
    },
  },
  {
    name: 'relatives whose ids contain colons',
    reason: 'cuts queue and id of a parent or child at the last colon of its key (protocol 3, D7); ours knows the queue',
    accept({ name, keys, before, after: { ours }, replies }) {
      const detaches = [...REMOVALS, ...HARD_REMOVALS, ...FINISHES].includes(name);
      // A parent that is released may be the next job.
      const takesParent = FINISHES.includes(name) && String(replies.ours.reply?.[1]).includes(':');
      return detaches && hasRelativesWithColons(before) && ![...ours.keys()].some(isPhantom) && { keys: takesParent ? keys : keys.filter(isAboutJobs), reply: takesParent };
    },
  },
];

const HARD_REMOVALS = ['clean', 'drain', 'obliterate', 'rawCleanJobsInSet', 'rawDrain', 'rawObliterate', 'upsertScheduler', 'rawAddJobScheduler'];
const REMOVALS = ['remove', 'rawRemoveJob', 'removeChildDependency', 'rawRemoveChildDependency', 'removeUnprocessedChildren', 'rawRemoveUnprocessedChildren'];
const READS_OF_LISTS = ['getJobCounts', 'rawGetCounts', 'getJobs', 'rawGetJobs', 'getRanges', 'rawGetRanges'];
const FINISHES = ['complete', 'fail', 'rawMoveToFinished'];

const queueOf = (jobKey) => bases.find((base) => jobKey.startsWith(base)) ?? '';

// The parents of jobs, their parents and so on; a job may be its own.
function ancestorsOf(dump, jobKeys) {
  const found = new Set();
  for (let keys = jobKeys; keys.length > 0;) {
    keys = keys.map((key) => fieldOf(dump, key, 'parentKey')).filter((parent) => parent && !found.has(parent));
    keys.forEach((parent) => found.add(parent));
  }
  return [...found];
}

// Keys of the queue that is meant when a key is cut in the middle of an id.
const isPhantom = (key) => /:(a:b|three:part):(meta|events|wait|marker)$/.test(key);
const isAboutJobs = (key) => isPhantom(key) || !/:(meta|id|pc|limiter|repeat|stalled|stalled-check)$/.test(key);

const RELATIONS = { dependencies: 1, processed: 2, failed: 2, unsuccessful: 2 };
function hasRelativesWithColons(dump) {
  return [...dump].some(([key, { value }]) => {
    const [, parent, relation] = key.match(/^(?:bull:alpha|bull:beta|alt:own:gamma):(.+):(dependencies|processed|failed|unsuccessful)$/) ?? [];
    if (!parent) return false;
    const children = value.filter((_, i) => i % RELATIONS[relation] === 0);
    return parent.includes(':') || children.some((child) => bases.some((base) => child.startsWith(base) && child.slice(base.length).includes(':')));
  });
}

function lacksOnlyBaseMarker(theirs, ours, key) {
  const expected = [...membersOf(theirs, key)];
  const at = expected.indexOf('0');
  if (at < 0 || expected[at + 1] !== '0') return false;
  expected.splice(at, 2);
  return JSON.stringify(expected) === JSON.stringify(membersOf(ours, key));
}

