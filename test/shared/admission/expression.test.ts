/** DynamoDB's own reading of a change is the naive one. */
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { type AdmissionStore, dynamoAdmissionStore } from '../../../shared/admission/admission-store.ts';
import { expressionOf } from '../../../shared/admission/expression.ts';
import { merged, noChange, type Update } from '../../../shared/admission/update.ts';
import { type Clients, clientsOf } from '../../invariants/support/house.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { applied } from './naive.ts';

let database: TestDatabase;
let clients: Clients;
let store: AdmissionStore;
let items = 0;

beforeAll(async () => {
  database = await testDatabase();
  clients = clientsOf(database.endpoint);
  store = dynamoAdmissionStore(clients.db, clients.onceDb, database.names.admission);
});
afterAll(() => database.stop());

const names = ['rq', 'tl', 'tf', 'tx', 'M2611', 'R2611@t0.go', 'k.key_a.rq', 'm.claude%4020251001.tl', 'C', 'n'];
const name = fc.constantFrom(...names);
const number = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.maxSafeInteger());
const counters = fc.dictionary(name, number, { maxKeys: 6 });
const condition = fc.oneof(
  fc.record({ attribute: name, is: fc.constantFrom('absent' as const, 'present' as const) }),
  fc.record({
    attribute: name,
    is: fc.constantFrom('at least', 'at most', 'equal', 'below', 'absent or at most', 'absent or below'),
    value: number,
  }),
);

/** No attribute is changed twice, which no expression can say. */
const update = fc
  .record({
    order: fc.shuffledSubarray(names, { minLength: 3 }),
    amounts: fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 10, maxLength: 10 }),
    adds: fc.nat(2),
    sets: fc.nat(2),
    removes: fc.nat(1),
    from: fc.option(name),
    conditions: fc.array(condition, { maxLength: 3 }),
  })
  .map(({ order, amounts, adds, sets, removes, from, conditions }): Update => {
    const amountOf = (attribute: string) => amounts[names.indexOf(attribute)] ?? 0;
    const [added, set] = [order.slice(0, adds), order.slice(adds, adds + sets)];
    return {
      add: Object.fromEntries(added.map((attribute) => [attribute, amountOf(attribute)])),
      set: Object.fromEntries(
        set.map((attribute) => [attribute, from === null ? amountOf(attribute) : { from, plus: amountOf(attribute) }]),
      ),
      remove: order.slice(adds + sets, adds + sets + removes),
      conditions: conditions as Update['conditions'],
    };
  })
  .filter(({ add, set, remove }) => Object.keys(add).length + Object.keys(set).length + remove.length > 0);

const stored = async (id: string): Promise<Record<string, unknown>> => {
  const { Item = {} } = await clients.db.send(new GetCommand({ TableName: database.names.admission, Key: { id } }));
  const { id: _, ...rest } = Item;
  return rest;
};

test('a random change of a random item does what it says, or nothing, and tells how the item is', async () => {
  await fc.assert(
    fc.asyncProperty(counters, update, async (item, change) => {
      // Sums beyond what a number holds exactly are not counters.
      fc.pre(Object.values({ ...item, ...applied(item, { ...change, conditions: [] }) }).every(Number.isSafeInteger));
      const id = `item_${items++}`;
      await clients.db.send(new PutCommand({ TableName: database.names.admission, Item: { id, ...item } }));
      const result = await store.once(id, change);
      const expected = applied(item, change);
      expect(result.applied).toBe(expected !== null);
      expect(await stored(id)).toEqual(expected ?? item);
      if (result.applied) expect({ ...item, ...result.counters }).toMatchObject(expected ?? {});
      else expect(result.counters).toEqual(item);
    }),
    { numRuns: 200 },
  );
});

test('an item that is not there counts as nothing', async () => {
  const id = `item_${items++}`;
  const change = {
    ...noChange,
    add: { C: 1 },
    conditions: [{ attribute: 'C', is: 'absent or below', value: 3 } as const],
  };
  expect(await store.admit(id, change, '2026-11-22T10:00:00.000Z')).toEqual({ applied: true, counters: { C: 1 } });
  expect(await store.admit(id, change, '2026-11-23T10:00:00.000Z')).toEqual({ applied: true, counters: { C: 2 } });
  expect(await stored(id)).toEqual({ C: 2, sweepable: 'y', unsweptSince: '2026-11-22T10:00:00.000Z' });
});

test('nothing is absent of a limit that is below zero', async () => {
  const change = {
    ...noChange,
    add: { C: 1 },
    conditions: [{ attribute: 'M', is: 'absent or at most', value: -1 } as const],
  };
  expect(await store.once(`item_${items++}`, change)).toEqual({ applied: false, counters: {} });
});

test('several changes are one: what they add to the same counter is summed', () => {
  const one: Update = { ...noChange, add: { a: 1, b: 2 }, set: { c: 3 } };
  const other: Update = { ...noChange, add: { a: 10 }, remove: ['d'], conditions: [{ attribute: 'e', is: 'absent' }] };
  expect(merged([one, other])).toEqual({
    add: { a: 11, b: 2 },
    set: { c: 3 },
    remove: ['d'],
    conditions: [{ attribute: 'e', is: 'absent' }],
  });
});

test('a change without conditions or values says none: DynamoDB takes no empty ones', () => {
  expect(expressionOf({ ...noChange, remove: ['a'] })).toEqual({
    UpdateExpression: 'REMOVE #0',
    ExpressionAttributeNames: { '#0': 'a' },
  });
});
