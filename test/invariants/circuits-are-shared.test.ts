/**
 * The circuit breaker of 200 instances in four processes of the operating system, whose clocks differ by up to 400 ms:
 * five failures of theirs open it, one call at a time tries, and whoever is killed or late does no harm.
 */
import type { CircuitTarget } from '../../shared/circuits/circuits.ts';
import { newTarget } from '../shared/circuits/instances.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type CircuitOrder, type CircuitProcess, startCircuits } from './support/circuit-processes.ts';

const skewsMs = [-200, -70, 70, 200];
const all = 200;

let database: TestDatabase;
let processes: CircuitProcess[];
let nowMs = Date.parse('2026-11-22T10:00:00Z');

const start = (skewMs: number): Promise<CircuitProcess> =>
  startCircuits({
    endpoint: database.endpoint,
    tableName: database.names.circuits,
    skewMs,
    instances: all / skewsMs.length,
  });

beforeAll(async () => {
  database = await testDatabase();
  processes = await Promise.all(skewsMs.map(start));
});
afterAll(async () => {
  await Promise.all(processes.map((process) => process.kill()));
  await database.stop();
});
beforeEach(() => {
  // Nothing that anybody has seen is younger than a second.
  nowMs += 3_600_000;
});

type Wish = CircuitOrder extends infer Order ? (Order extends CircuitOrder ? Omit<Order, 'nowMs'> : never) : never;

/** What each process answers. They do it at the same time. */
const each = (wish: Wish): Promise<number[]> =>
  Promise.all(processes.map((process) => process.order({ ...wish, nowMs } as CircuitOrder)));
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** How many of all instances are let in, each having looked if it has not within a second. */
const letIn = async (target: CircuitTarget, look = true): Promise<number> =>
  sum(await each({ do: 'ask', target, look }));
const end = async (how: 'succeeded' | 'failed' | 'unknown', most = all): Promise<number> =>
  sum(await each({ do: 'end', how, most }));
const alarms = async (): Promise<number> => sum(await each({ do: 'tell' }));

/** All are let in, and all fail. */
async function open(target: CircuitTarget): Promise<void> {
  expect(await letIn(target)).toBe(all);
  await end('failed');
  expect(await alarms()).toBe(1);
}

/** From before the earliest clock would let anybody try until after the latest would, in small steps: who was let in. */
async function around(atMs: number, target: CircuitTarget): Promise<number> {
  let count = 0;
  for (nowMs = atMs - 450; nowMs <= atMs + 450; nowMs += 75) count += await letIn(target);
  return count;
}

test('four failures of four processes leave it closed, the fifth opens it, and it is told of once', async () => {
  const target = newTarget();
  expect(await letIn(target)).toBe(all);
  expect(await end('failed', 1)).toBe(4);
  expect(await alarms()).toBe(0);
  nowMs += 1_000;
  expect(await letIn(target)).toBe(all);
  expect(await processes[2]?.order({ do: 'end', how: 'failed', most: 1, nowMs })).toBe(1);
  expect(await alarms()).toBe(1);
  nowMs += 1_000;
  expect(await letIn(target)).toBe(0);
  await end('unknown', 2 * all);
});

test('two hundred failures at the same moment open it once', async () => {
  const target = newTarget();
  await open(target);
  nowMs += 1_000;
  expect(await letIn(target)).toBe(0);
});

test('each time it has cooled down, one call of all tries it, over many windows', async () => {
  const target = newTarget();
  await open(target);
  for (let window = 0; window < 5; window++) {
    const openedAtMs = nowMs;
    nowMs = openedAtMs + 30_000;
    expect(await letIn(target)).toBe(0);
    expect(await around(openedAtMs + 60_000, target)).toBe(1);
    // It takes a while, and holds all others off for as long as its lease.
    nowMs += 28_000;
    expect(await letIn(target)).toBe(0);
    expect(await end('failed')).toBe(1);
    expect(await alarms()).toBe(1);
  }
});

test('all who have seen it cool down try at the same moment, without another look: one is let in', async () => {
  const target = newTarget();
  await open(target);
  nowMs += 2_000;
  expect(await letIn(target)).toBe(0);
  nowMs += 60_000;
  expect(await letIn(target, false)).toBe(1);
  expect(await letIn(target, false)).toBe(0);
  await end('succeeded');
  nowMs += 1_000;
  expect(await letIn(target)).toBe(all);
  await end('unknown');
});

test('late answers of those who were let in before change nothing, while it is open and after it has closed', async () => {
  const target = newTarget();
  expect(await letIn(target)).toBe(all);
  expect(await letIn(target)).toBe(all);
  await end('failed', 25);
  expect(await alarms()).toBe(1);
  nowMs += 1_000;
  await end('succeeded', 25);
  await end('failed', 25);
  expect(await letIn(target)).toBe(0);
  nowMs += 61_000;
  // It is the last under way in its process.
  expect(await letIn(target)).toBe(1);
  const late = 2 * all - 3 * 25 * skewsMs.length;
  expect(await end('failed', late / skewsMs.length)).toBe(late);
  expect(await alarms()).toBe(0);
  expect(await end('succeeded')).toBe(1);
  nowMs += 1_000;
  expect(await letIn(target)).toBe(all);
  await end('unknown');
});

test('a process is killed while it tries: once the lease has run out the next one does, and heals it', async () => {
  const target = newTarget();
  await open(target);
  nowMs += 61_000;
  const triers = await each({ do: 'ask', target, look: true });
  expect(sum(triers)).toBe(1);
  const doomed = triers.indexOf(1);
  await processes[doomed]?.kill();
  processes[doomed] = await start(skewsMs[doomed] ?? 0);
  const killedAtMs = nowMs;
  nowMs += 29_000;
  expect(await letIn(target)).toBe(0);
  expect(await around(killedAtMs + 30_000 + (skewsMs[doomed] ?? 0), target)).toBe(1);
  expect(await end('succeeded')).toBe(1);
  nowMs += 1_000;
  expect(await letIn(target)).toBe(all);
  await end('unknown');
});
