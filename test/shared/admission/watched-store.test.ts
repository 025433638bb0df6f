import type { AdmissionStore } from '../../../shared/admission/admission-store.ts';
import { noChange } from '../../../shared/admission/update.ts';
import { watchedStore } from '../../../shared/admission/watched-store.ts';

const applied = { applied: true, counters: { n: 1 } };
const broken = new Error('down');

async function* items() {
  yield { id: 'a', sinceMs: 1 };
}

const working: AdmissionStore = {
  admit: async () => applied,
  once: async () => applied,
  leaveIndex: async () => {},
  get: async () => ({ n: 2 }),
  unswept: items,
};
const down: AdmissionStore = {
  admit: () => Promise.reject(broken),
  once: () => Promise.reject(broken),
  leaveIndex: () => Promise.reject(broken),
  get: () => Promise.reject(broken),
  // biome-ignore lint/correctness/useYield: it fails before it has anything.
  async *unswept() {
    throw broken;
  },
};

async function first(found: AsyncIterable<unknown>): Promise<unknown> {
  for await (const item of found) return item;
  return null;
}

type Use = (store: AdmissionStore) => Promise<unknown>;
const uses: [string, Use, unknown][] = [
  ['admit', (store) => store.admit('p#0', noChange), applied],
  ['once', (store) => store.once('p#0', noChange), applied],
  ['leaveIndex', (store) => store.leaveIndex('p#0', 3), undefined],
  ['get', (store) => store.get('p#0'), { n: 2 }],
  ['unswept', (store) => first(store.unswept('2026')), { id: 'a', sinceMs: 1 }],
];

test.each(uses)('%s does what the store does, and tells of nothing but its failures', async (_, use, answer) => {
  let errors = 0;
  const onError = () => {
    errors += 1;
  };
  expect(await use(watchedStore(working, onError))).toEqual(answer);
  expect(errors).toBe(0);
  await expect(use(watchedStore(down, onError))).rejects.toBe(broken);
  expect(errors).toBe(1);
});
