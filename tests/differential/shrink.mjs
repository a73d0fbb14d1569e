// Makes a failing episode short: drops steps, then parts of their values, as long as it still fails.
import { replayEpisode } from './episode.mjs';
import { operations } from './operations/index.mjs';

/** Returns { record, difference } with few and small steps. `attempts` bounds the work. */
export async function shrink(pair, failing, attempts = 500) {
  const wanted = kindOf(failing);
  let best = failing;
  let left = attempts;

  async function stillFails(steps) {
    if (left-- <= 0) return false;
    const tried = await replayEpisode(pair, { ...best.record, steps });
    if (!tried.difference || kindOf(tried) !== wanted) return false;
    best = tried;
    return true;
  }

  const steps = () => best.record.steps;
  await dropSteps(steps, stillFails);
  await simplifyValues(steps, stillFails);
  await dropSteps(steps, stillFails);
  return best;
}

// A shorter episode must fail in the same way: the same operation, and a reply or a key of the same kind.
function kindOf({ record, difference }) {
  const first = difference.split('\n', 1)[0];
  const word = first.match(/:(wait|active|paused|delayed|prioritized|completed|failed|events|marker|meta|repeat|[a-z-]+)$/)?.[1];
  return [record.steps.at(-1).name, first === 'reply' ? `reply ${/"error"/.test(difference)}` : word].join(' ');
}

// Halves, quarters, ... single steps, from the end; the last one is what fails.
async function dropSteps(steps, stillFails) {
  for (let size = Math.ceil(steps().length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = steps().length - 1; end > 0; end -= size) {
      const last = Math.min(end, steps().length - 1);
      const first = Math.max(last - size, 0);
      if (last > first) await stillFails([...steps().slice(0, first), ...steps().slice(last)]);
    }
  }
}

async function simplifyValues(steps, stillFails) {
  for (let i = 0; i < steps().length; i++) {
    const tried = new Set();
    for (let path; i < steps().length && (path = nextPath(steps()[i], tried));) {
      tried.add(path.join('\u0000'));
      await stillFails(steps().map((step, at) => (at === i ? { ...step, values: without(step.values, path) } : step)));
    }
  }
}

// An operation may name values that are of use as a whole only.
function nextPath({ name, values }, tried) {
  const { whole = [] } = operations[name];
  return innerPaths(values).find((path) => !whole.includes(path[0]) && !tried.has(path.join('\u0000')));
}

// Members of members: those of the values themselves are what the operation needs.
function innerPaths(values, path = []) {
  if (!values || typeof values !== 'object') return [];
  return Object.keys(values).flatMap((key) => {
    const below = innerPaths(values[key], [...path, key]);
    return path.length > 0 ? [[...path, key], ...below] : below;
  });
}

function without(values, path) {
  const copy = structuredClone(values);
  const holder = path.slice(0, -1).reduce((value, key) => value[key], copy);
  const key = path.at(-1);
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
  return copy;
}
