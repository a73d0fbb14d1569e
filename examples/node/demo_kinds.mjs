// The kinds of jobs of the demo: how many, with which options, and what must become of them.

const even = (index, count, from, to) => from + Math.round(((to - from) * index) / count);

export const kinds = [
  { name: 'plain', count: 3000, options: () => ({}) },
  { name: 'prioritized', count: 400, options: (i) => ({ priority: 1 + (i % 10) }) },
  { name: 'lifo', count: 400, options: () => ({ lifo: true }) },
  { name: 'delayed', count: 400, options: (i) => ({ delay: even(i, 400, 200, 2000) }) },
  {
    name: 'fails-twice',
    count: 200,
    options: () => ({ attempts: 3, backoff: { type: 'fixed', delay: 200 } }),
    retries: 2,
  },
  {
    name: 'always-fails',
    count: 100,
    options: () => ({ attempts: 2, backoff: { type: 'exponential', delay: 100 } }),
    retries: 1,
    ends: 'failed',
  },
];

const total = (select) => kinds.reduce((sum, kind) => sum + select(kind), 0);

export const expected = {
  added: total((kind) => kind.count),
  completed: total((kind) => (kind.ends === 'failed' ? 0 : kind.count)),
  retried: total((kind) => kind.count * (kind.retries ?? 0)),
  failed: total((kind) => (kind.ends === 'failed' ? kind.count : 0)),
};
