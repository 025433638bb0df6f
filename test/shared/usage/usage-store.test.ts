import { documentClient } from '../../../shared/dynamo/client.ts';
import type { OpenAttempt, StoredAttempt } from '../../../shared/usage/attempt.ts';
import { dynamoUsageStore, type UsageStore } from '../../../shared/usage/usage-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { attempt, settled } from './attempts.ts';

let database: TestDatabase;
let store: UsageStore;
let tenants = 0;

beforeAll(async () => {
  database = await testDatabase();
  store = dynamoUsageStore(database.db, database.names.usage);
});
afterAll(() => database.stop());

/** A project of the test's own. */
const tenant = (): string => `proj_${tenants++}`;

const at = (time: string): number => Date.parse(`${time}Z`);

async function rows(projectId: string, from: string, to: string): Promise<StoredAttempt[]> {
  const found: StoredAttempt[] = [];
  for await (const row of store.between(projectId, at(from), at(to))) found.push(row);
  return found;
}

const ofTheDay = (projectId: string) => rows(projectId, '2026-11-22T00:00:00', '2026-11-23T00:00:00');

describe('the ledger counts every attempt once (I3)', () => {
  test('open before the call, settled after it', async () => {
    const row = attempt({ projectId: tenant() });
    await store.open(row);
    expect(await ofTheDay(row.projectId)).toEqual([{ ...row, state: 'open' }]);
    await store.settle(row, settled());
    expect(await ofTheDay(row.projectId)).toEqual([{ ...row, ...settled(), state: 'settled' }]);
  });

  test('a replayed settlement changes nothing, whatever it says (THREATS 8)', async () => {
    const row = attempt({ projectId: tenant() });
    await store.open(row);
    await store.settle(row, settled({ outputTokens: 20 }));
    await store.settle(row, settled({ outputTokens: 0, costMicroUsd: 0 }));
    await store.settle(row, settled({ outputTokens: 9_999 }));
    expect(await ofTheDay(row.projectId)).toMatchObject([{ outputTokens: 20, costMicroUsd: 450 }]);
  });

  test('a request to open that arrives late, after another of its kind has, undoes no settlement', async () => {
    const row = attempt({ projectId: tenant() });
    await store.open(row);
    await store.settle(row, settled());
    await store.open(row).catch(() => {});
    expect(await ofTheDay(row.projectId)).toEqual([{ ...row, ...settled(), state: 'settled' }]);
  });

  test('of many settlements at once one stands, whole', async () => {
    const row = attempt({ projectId: tenant() });
    await store.open(row);
    const counts = Array.from({ length: 20 }, (_, index) => index + 1);
    await Promise.all(
      counts.map((count) => store.settle(row, settled({ outputTokens: count, costMicroUsd: count * 7 }))),
    );
    const [kept, ...more] = await ofTheDay(row.projectId);
    expect(more).toEqual([]);
    expect(kept).toMatchObject({ state: 'settled' });
    if (kept?.state === 'settled') expect(kept.costMicroUsd).toBe(kept.outputTokens * 7);
  });

  test('a settlement without an open row is written whole', async () => {
    const row = attempt({ projectId: tenant() });
    await store.settle(row, settled());
    expect(await ofTheDay(row.projectId)).toEqual([{ ...row, ...settled(), state: 'settled' }]);
  });

  test('attempts of one millisecond are kept apart by their ids', async () => {
    const projectId = tenant();
    const rowsOfOneMillisecond = ['att_1', 'att_2', 'att_3'].map((id) => attempt({ projectId, id }));
    await Promise.all(rowsOfOneMillisecond.map((row) => store.open(row)));
    expect((await ofTheDay(projectId)).map(({ id }) => id)).toEqual(['att_1', 'att_2', 'att_3']);
  });

  test('tiered prices and zero tokens come back as they went', async () => {
    const price = { input: { base: 1, tiers: [{ start: 200_000, price: 2 }] }, cachedInput: 0, output: 0 };
    const row = attempt({ projectId: tenant(), price });
    const nothing = settled({
      inputTokens: 0,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 0,
      firstByteMs: null,
    });
    await store.settle(row, nothing);
    expect(await ofTheDay(row.projectId)).toEqual([{ ...row, ...nothing, state: 'settled' }]);
  });
});

describe('reading a span of time', () => {
  const times = [
    '2026-11-21T23:59:59.999',
    '2026-11-22T00:00:00.000',
    '2026-11-22T10:00:00.000',
    '2026-11-22T23:59:59.999',
    '2026-11-23T00:00:00.000',
    '2026-11-24T12:00:00.000',
  ];
  const projectId = 'proj_of_many_days';

  beforeAll(async () => {
    const written = times.map((time): OpenAttempt => attempt({ projectId, id: `att_${time}`, startedAtMs: at(time) }));
    await Promise.all(written.map((row) => store.open(row)));
  });

  test.each<[string, string, readonly number[]]>([
    ['2026-11-21T00:00:00', '2026-11-25T00:00:00', [0, 1, 2, 3, 4, 5]],
    ['2026-11-22T00:00:00', '2026-11-23T00:00:00', [1, 2, 3]],
    ['2026-11-22T00:00:00.001', '2026-11-22T10:00:00', []],
    ['2026-11-22T00:00:00.001', '2026-11-22T10:00:00.001', [2]],
    ['2026-11-21T23:59:59.999', '2026-11-22T00:00:00.001', [0, 1]],
    ['2026-11-22T23:59:59.999', '2026-11-23T00:00:00.000', [3]],
    ['2026-11-22T23:59:59.999', '2026-11-23T00:00:00.001', [3, 4]],
    ['2026-11-23T00:00:00.001', '2026-11-26T00:00:00', [5]],
    ['2026-11-22T10:00:00', '2026-11-22T10:00:00', []],
    ['2026-12-01T00:00:00', '2026-12-02T00:00:00', []],
  ])('[%s, %s) has the attempts %j, in order of time', async (from, to, expected) => {
    const found = await rows(projectId, from, to);
    expect(found.map(({ id }) => id)).toEqual(expected.map((index) => `att_${times[index]}`));
  });

  test('goes on past a page of the database', async () => {
    const many = tenant();
    // DynamoDB's page ends at 1 MB.
    const requestId = 'x'.repeat(30_000);
    const ids = Array.from({ length: 60 }, (_, index) => `att_${String(index).padStart(2, '0')}`);
    await Promise.all(ids.map((id) => store.open(attempt({ projectId: many, id, requestId }))));
    expect((await ofTheDay(many)).map(({ id }) => id)).toEqual(ids);
  });

  test('never passes another project’s rows, also where its id begins the same (I5)', async () => {
    const mine = 'proj_x';
    const others = ['proj_x1', 'proj_x#2026-11-22', 'proj_', 'PROJ_X', 'proj_x#'];
    await Promise.all([mine, ...others].map((id) => store.open(attempt({ projectId: id, id: `att_of_${id}` }))));
    expect((await ofTheDay(mine)).map(({ id }) => id)).toEqual([`att_of_${mine}`]);
  });
});

describe('while the table cannot be reached (I12)', () => {
  const unreachable = dynamoUsageStore(
    documentClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      dynamodbEndpoint: 'http://127.0.0.1:9',
    }),
    'usage',
  );

  test('there is no attempt without a row: open refuses as overloaded', async () => {
    await expect(unreachable.open(attempt())).rejects.toMatchObject({ name: 'GatewayError', why: 'overloaded' });
  });

  test('reading refuses as overloaded, rather than to show a sum that is too small', async () => {
    const read = async () => {
      for await (const row of unreachable.between('proj_a', at('2026-11-22T00:00:00'), at('2026-11-23T00:00:00'))) {
        throw new Error(`read ${row.id}`);
      }
    };
    await expect(read()).rejects.toMatchObject({ name: 'GatewayError', why: 'overloaded' });
  });

  test('a settlement that is lost is an error for whoever settles to log', async () => {
    await expect(unreachable.settle(attempt(), settled())).rejects.toThrow();
  });
});
