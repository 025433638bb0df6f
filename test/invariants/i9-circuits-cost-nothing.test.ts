/** I9: circuits of what is healthy cost no write, and an instance one read a second, whatever it serves. */
import { instance, letIn, newTarget, outage, succeed, type World } from '../shared/circuits/instances.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { watched } from '../support/watched.ts';

let database: TestDatabase;
const clock = { nowMs: Date.parse('2026-11-22T10:00:00Z') };
const seen: string[] = [];
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());
beforeEach(() => {
  seen.length = 0;
});

const world = (): World => ({
  db: watched(database.db, (command) => seen.push(command.constructor.name)),
  tableName: database.names.circuits,
  clock,
});

test('a thousand healthy calls in ten seconds, of many targets: ten reads, no write', async () => {
  const on = instance(world());
  const targets = Array.from({ length: 10 }, newTarget);
  for (let call = 0; call < 1_000; call++) {
    const target = targets[call % targets.length] ?? newTarget();
    const looking = on.circuits.refresh();
    expect(on.circuits.isOpen(target)).toBe(false);
    await looking;
    (await letIn(on, target)).succeeded();
    await on.circuits.settled();
    clock.nowMs += 10;
  }
  expect(seen).toEqual(Array.from({ length: 10 }, () => 'QueryCommand'));
});

test('calls that come at the same time share one read', async () => {
  const on = instance(world());
  await Promise.all(Array.from({ length: 200 }, () => on.circuits.refresh()));
  expect(seen).toEqual(['QueryCommand']);
});

test('choosing among targets and being let in ask no store at all', async () => {
  const on = instance(world());
  const target = newTarget();
  expect(on.circuits.isOpen(target)).toBe(false);
  (await letIn(on, target)).unknown();
  await succeed(on, target, 10);
  await on.circuits.settled();
  expect(seen).toEqual([]);
});

test('what is known to be open costs nothing to refuse', async () => {
  const on = instance(world());
  const target = newTarget();
  const passes = await Promise.all(Array.from({ length: 5 }, () => letIn(on, target)));
  for (const pass of passes) pass.failed(outage());
  await on.circuits.settled();
  seen.length = 0;
  for (let call = 0; call < 100; call++) expect(await on.circuits.admit(target)).toMatchObject({ admitted: false });
  expect(seen).toEqual([]);
});
