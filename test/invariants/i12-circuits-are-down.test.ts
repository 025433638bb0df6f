/** I12 for the table `circuits`: calls go on, nobody waits for long, and nothing is thrown. */
import type { CircuitStore } from '../../shared/circuits/circuit-store.ts';
import {
  asks,
  fail,
  type Instance,
  type InstanceOptions,
  instance,
  letIn,
  newTarget,
  outage,
  rateLimit,
} from '../shared/circuits/instances.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

let database: TestDatabase;
const clock = { nowMs: Date.parse('2026-11-22T10:00:00Z') };
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const start = (options: InstanceOptions = {}): Instance =>
  instance({ db: database.db, tableName: database.names.circuits, clock }, options);

type Method = keyof CircuitStore;
/** Has the store's methods meet `fate` before they do anything, as soon as it is set. */
function troubled(methods: readonly Method[]) {
  const trouble: { fate: (() => Promise<void>) | null } = { fate: null };
  const store = (real: CircuitStore): CircuitStore =>
    Object.fromEntries(
      Object.entries(real).map(([name, method]: [string, (...args: never[]) => Promise<unknown>]) => [
        name,
        async (...args: never[]) => {
          if (trouble.fate && methods.includes(name as Method)) await trouble.fate();
          return method(...args);
        },
      ]),
    ) as unknown as CircuitStore;
  return { trouble, store };
}
const everything: readonly Method[] = ['all', 'count', 'startWindow', 'coolDown', 'replace', 'takeProbe', 'renew'];
const refused = async () => {
  throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
};
const never = () => new Promise<void>(() => {});

/** One that knows of an open circuit which has cooled down. */
async function due({ trouble: _, store }: ReturnType<typeof troubled>, patienceMs?: number) {
  const target = newTarget();
  const on = start({ store, ...(patienceMs !== undefined && { patienceMs }) });
  await fail(start(), target, 5);
  await on.circuits.refresh();
  // A busy machine may take longer than the patience that a test is about.
  while (!on.circuits.isOpen(target)) await new Promise(setImmediate);
  clock.nowMs += 60_000;
  return { target, on };
}

test('all of it refuses connections: calls go on, and their ends throw nothing', async () => {
  const { trouble, store } = troubled(everything);
  trouble.fate = refused;
  const on = start({ store });
  const target = newTarget();
  await on.circuits.refresh();
  for (let call = 0; call < 6; call++) (await letIn(on, target)).failed(outage());
  (await letIn(on, target)).succeeded();
  await on.circuits.settled();
  expect(await asks(on, target)).toBe('goes');
  expect(on.logs).toContain('circuits not read');
  expect(on.logs).toContain('circuit not written');
  expect(on.events).toEqual([]);
});

test('a rate limit is obeyed by the instance that was told, even so', async () => {
  const { trouble, store } = troubled(everything);
  trouble.fate = refused;
  const on = start({ store });
  const target = newTarget();
  await fail(on, target, 1, rateLimit(9));
  expect(await asks(on, target)).toBe(9_000);
});

test('what was known before holds on', async () => {
  const { trouble, store } = troubled(['all']);
  const target = newTarget();
  const on = start({ store });
  await fail(start(), target, 5);
  await on.circuits.refresh();
  trouble.fate = refused;
  clock.nowMs += 20_000;
  expect(await asks(on, target)).toBe(40_000);
});

test('a look that gets no answer keeps nobody waiting for long, and the next ones not at all; its answer counts when it comes', async () => {
  const { trouble, store } = troubled(['all']);
  let answer = () => {};
  trouble.fate = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const target = newTarget();
  const on = start({ store, patienceMs: 50 });
  await fail(start(), target, 5);
  await on.circuits.refresh();
  expect(await asks(on, target)).toBe('goes');
  clock.nowMs += 5_000;
  await on.circuits.refresh();
  answer();
  while (!on.circuits.isOpen(target)) await new Promise(setImmediate);
});

test('the write of a probe fails: the call is let pass, and others are for a while without waiting for the store', async () => {
  const down = troubled(['takeProbe']);
  const { target, on } = await due(down);
  down.trouble.fate = refused;
  const passes = [await letIn(on, target), await letIn(on, target)];
  expect(on.logs.filter((line) => line === 'probe not taken, calls go on')).toHaveLength(1);
  for (const pass of passes) pass.succeeded();
  await on.circuits.settled();
  down.trouble.fate = null;
  // Nobody had the probe, so nobody's answer has closed it.
  clock.nowMs += 1_000;
  (await letIn(on, target)).succeeded();
  await on.circuits.settled();
  expect(await Promise.all([asks(on, target), asks(on, target)])).toEqual(['goes', 'goes']);
});

test('the write of a probe gets no answer: the call is let pass after a moment', async () => {
  const down = troubled(['takeProbe']);
  const { target, on } = await due(down, 50);
  down.trouble.fate = never;
  await letIn(on, target);
  expect(on.logs).toContain('probe not taken, calls go on');
});

test('the answer to the write of a probe comes late: the call is the probe after all', async () => {
  const down = troubled(['takeProbe']);
  const { target, on } = await due(down, 50);
  let answer = () => {};
  down.trouble.fate = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const pass = await letIn(on, target);
  down.trouble.fate = null;
  pass.succeeded();
  answer();
  await on.circuits.settled();
  expect(on.logs).toContain('circuit closed');
  expect(on.timers()).toEqual([]);
  clock.nowMs += 1_000;
  const other = start();
  expect(await Promise.all([asks(other, target), asks(other, target)])).toEqual(['goes', 'goes']);
});

test('a renewal fails: the next one holds the lease', async () => {
  const down = troubled(['renew']);
  const { target, on } = await due(down);
  await letIn(on, target);
  const tickAfter = async (ms: number) => {
    clock.nowMs += ms;
    on.tick();
    await on.circuits.settled();
  };
  down.trouble.fate = refused;
  await tickAfter(14_000);
  down.trouble.fate = null;
  await tickAfter(15_000);
  clock.nowMs += 20_000;
  expect(await asks(start(), target)).toBe(10_000);
});

test('the end of a probe cannot be told: its lease runs out, and the next call tries', async () => {
  const down = troubled(['replace']);
  const { target, on } = await due(down);
  down.trouble.fate = refused;
  (await letIn(on, target)).succeeded();
  await on.circuits.settled();
  const other = start();
  expect(await asks(other, target)).toBe(30_000);
  clock.nowMs += 30_000;
  (await letIn(other, target)).succeeded();
  await other.circuits.settled();
  expect(await asks(other, target)).toBe('goes');
});
