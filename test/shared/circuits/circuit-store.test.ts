import { GetCommand } from '@aws-sdk/lib-dynamodb';
import {
  type Circuit,
  closed,
  opened,
  probed,
  type TrippedCircuit,
  untouched,
} from '../../../shared/circuits/circuit.ts';
import { type CircuitStore, dynamoCircuitStore } from '../../../shared/circuits/circuit-store.ts';
import { randomBase62 } from '../../../shared/ids.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { usual } from './instances.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const store = (): CircuitStore => dynamoCircuitStore(database.db, database.db, database.names.circuits);
const newName = (): string => `provider/${randomBase62(12)}`;
const stored = async (name: string): Promise<Circuit | undefined> => (await store().all(true)).get(name);
const expiryOf = async (name: string): Promise<unknown> => {
  const Key = { scope: 'gateway', name };
  const { Item } = await database.db.send(new GetCommand({ TableName: database.names.circuits, Key }));
  return Item?.['expiresAt'];
};

const nowMs = Date.parse('2026-11-22T10:00:00Z');
const one = { failures: 1, successes: 3 };
const tripped = opened(untouched, 'upstream_error', 5, nowMs, usual);
const hourMs = 3_600_000;

describe('a window', () => {
  const began = { state: 'closed', generation: 0, failures: 1, successes: 3, windowStartedAtMs: nowMs, coolUntilMs: 0 };

  test('begins with the first failure, and counts the next ones', async () => {
    const name = newName();
    expect(await store().startWindow(name, 0, one, nowMs, nowMs - 60_000)).toEqual({ applied: true, circuit: began });
    const { applied, circuit } = await store().count(name, 0, { failures: 4, successes: 0 }, nowMs - 60_000);
    expect({ applied, circuit }).toEqual({ applied: true, circuit: { ...began, failures: 5 } });
    expect(await stored(name)).toEqual(circuit);
  });

  test('is begun by one of many; the others are told of it', async () => {
    const name = newName();
    const all = await Promise.all(
      Array.from({ length: 20 }, () => store().startWindow(name, 0, one, nowMs, nowMs - 60_000)),
    );
    expect(all.filter(({ applied }) => applied)).toHaveLength(1);
    expect(all.map(({ circuit }) => circuit)).toEqual(all.map(() => began));
  });

  test('counts every failure of many at the same time, once', async () => {
    const name = newName();
    await store().startWindow(name, 0, one, nowMs, nowMs - 60_000);
    const all = await Promise.all(Array.from({ length: 50 }, () => store().count(name, 0, one, nowMs - 60_000)));
    expect(all.every(({ applied }) => applied)).toBe(true);
    expect(await stored(name)).toMatchObject({ failures: 51, successes: 153 });
    const seen = all.map(({ circuit }) => (circuit.state === 'closed' ? circuit.failures : 0));
    expect(new Set(seen).size).toBe(50);
  });

  test('that is over counts no more, and makes room for another', async () => {
    const name = newName();
    await store().startWindow(name, 0, one, nowMs, nowMs - 60_000);
    expect(await store().count(name, 0, one, nowMs)).toEqual({ applied: false, circuit: began });
    const { circuit } = await store().startWindow(name, 0, one, nowMs + 60_000, nowMs);
    expect(circuit).toEqual({ ...began, windowStartedAtMs: nowMs + 60_000 });
  });

  test('of an earlier generation counts nothing, and begins none', async () => {
    const name = newName();
    await store().replace(name, 0, closed(2), nowMs);
    expect(await store().count(name, 0, one, 0)).toEqual({ applied: false, circuit: closed(2) });
    expect(await store().startWindow(name, 0, one, nowMs, nowMs)).toEqual({ applied: false, circuit: closed(2) });
    expect(await store().startWindow(newName(), 2, one, nowMs, nowMs)).toEqual({ applied: false, circuit: untouched });
  });

  test('of an open circuit there is none', async () => {
    const name = newName();
    await store().replace(name, 0, tripped, nowMs);
    expect(await store().count(name, 1, one, 0)).toEqual({ applied: false, circuit: tripped });
    expect(await store().startWindow(name, 1, one, nowMs, nowMs)).toEqual({ applied: false, circuit: tripped });
  });

  test('and a rate limit leave each other alone', async () => {
    const name = newName();
    await store().coolDown(name, 0, nowMs + 5_000);
    await store().startWindow(name, 0, one, nowMs, nowMs - 60_000);
    expect(await stored(name)).toEqual({ ...began, coolUntilMs: nowMs + 5_000 });
    await store().coolDown(name, 0, nowMs + 9_000);
    expect(await stored(name)).toEqual({ ...began, coolUntilMs: nowMs + 9_000 });
  });
});

describe('a rate limit', () => {
  test('only ever grows', async () => {
    const name = newName();
    expect(await store().coolDown(name, 0, nowMs)).toEqual({ applied: true, circuit: closed(0, nowMs) });
    expect((await store().coolDown(name, 0, nowMs - 1)).applied).toBe(false);
    expect((await store().coolDown(name, 0, nowMs)).applied).toBe(false);
    expect((await store().coolDown(name, 0, nowMs + 1)).circuit).toEqual(closed(0, nowMs + 1));
  });

  test('of an earlier generation, or of an open circuit, is none', async () => {
    const name = newName();
    await store().replace(name, 0, tripped, nowMs);
    expect(await store().coolDown(name, 0, nowMs + 1)).toEqual({ applied: false, circuit: tripped });
    expect(await store().coolDown(name, 1, nowMs + 1)).toEqual({ applied: false, circuit: tripped });
  });
});

describe('a circuit is replaced', () => {
  test('by exactly one of many rivals, and the others are told by which', async () => {
    const name = newName();
    const nexts = Array.from({ length: 20 }, (_, rival): TrippedCircuit => ({ ...tripped, failures: rival }));
    const all = await Promise.all(nexts.map((next) => store().replace(name, 0, next, nowMs)));
    expect(all.filter(({ applied }) => applied)).toHaveLength(1);
    const winner = nexts[all.findIndex(({ applied }) => applied)];
    expect(all.map(({ circuit }) => circuit)).toEqual(all.map(() => winner));
    expect(await stored(name)).toEqual(winner);
  });

  test('by nobody who saw an earlier one', async () => {
    const name = newName();
    await store().replace(name, 0, tripped, nowMs);
    expect(await store().replace(name, 0, closed(9), nowMs)).toEqual({ applied: false, circuit: tripped });
    expect((await store().replace(newName(), 3, closed(4), nowMs)).applied).toBe(false);
  });
});

describe('a probe', () => {
  const dueMs = tripped.retryAtMs;
  const probe = probed(tripped, dueMs, usual);
  const open = async () => {
    const name = newName();
    await store().replace(name, 0, tripped, nowMs);
    return name;
  };

  test('is taken by exactly one of many, once it is due', async () => {
    const name = await open();
    expect((await store().takeProbe(name, 1, probe, dueMs - 1)).applied).toBe(false);
    const all = await Promise.all(Array.from({ length: 20 }, () => store().takeProbe(name, 1, probe, dueMs)));
    expect(all.filter(({ applied }) => applied)).toHaveLength(1);
    expect(await stored(name)).toEqual(probe);
  });

  test('whose lease has been renewed is not taken by who saw its old end', async () => {
    const name = await open();
    await store().takeProbe(name, 1, probe, dueMs);
    const later = probe.retryAtMs + 15_000;
    expect((await store().renew(name, 2, later)).circuit).toEqual({ ...probe, retryAtMs: later });
    const rival = await store().takeProbe(name, 2, probed(probe, probe.retryAtMs, usual), probe.retryAtMs);
    expect(rival).toEqual({ applied: false, circuit: { ...probe, retryAtMs: later } });
  });

  test('that another has taken over, or that has ended, is not renewed', async () => {
    const name = await open();
    await store().takeProbe(name, 1, probe, dueMs);
    expect((await store().renew(name, 1, dueMs + hourMs)).applied).toBe(false);
    await store().replace(name, 2, closed(3), nowMs);
    expect(await store().renew(name, 3, dueMs + hourMs)).toEqual({ applied: false, circuit: closed(3) });
  });
});

describe('rubbish', () => {
  const longest = 25 * hourMs;

  test('is what is closed, once no window and no call of it can be left: a day and an hour later', async () => {
    const [counting, cooling, healed, limited] = [newName(), newName(), newName(), newName()];
    await store().startWindow(counting, 0, one, nowMs, nowMs - 60_000);
    await store().coolDown(cooling, 0, nowMs + hourMs);
    await store().replace(healed, 0, closed(1), nowMs);
    await store().replace(limited, 0, closed(1, nowMs + hourMs), nowMs);
    expect(await Promise.all([counting, cooling, healed, limited].map(expiryOf))).toEqual(
      [longest, hourMs + longest, longest, hourMs + longest].map((ms) => (nowMs + ms) / 1000),
    );
  });

  test('is nothing that is open', async () => {
    const name = newName();
    await store().startWindow(name, 0, one, nowMs, nowMs - 60_000);
    await store().replace(name, 0, tripped, nowMs);
    expect(await expiryOf(name)).toBeUndefined();
  });
});
