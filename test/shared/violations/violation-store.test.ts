import { GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { documentClient } from '../../../shared/dynamo/client.ts';
import { openContent } from '../../../shared/violations/sealed-content.ts';
import { retentionDays, type Violation } from '../../../shared/violations/violation.ts';
import { allIds } from '../../../shared/violations/violation-range.ts';
import {
  dynamoViolationStore,
  type Order,
  type Reading,
  type ViolationStore,
} from '../../../shared/violations/violation-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { violationAt } from '../../support/violations.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const store = (): ViolationStore => dynamoViolationStore(database.db, database.names.violations);

async function all(projectId: string, order: Order = 'asc', reading: Reading = {}): Promise<Violation[]> {
  const found: Violation[] = [];
  for await (const one of store().within(projectId, allIds(nowMs), order, reading)) found.push(one);
  return found;
}

test('violations are found as they were written, in either order, each in its own project (I5)', async () => {
  const mine = [3, 1, 2].map((ms) => violationAt(nowMs + ms, {}, { projectId: 'proj_order' }));
  const other = violationAt(nowMs, {}, { projectId: 'proj_other' });
  for (const violation of [...mine, other]) await store().append(violation);
  const [third, first, second] = mine;
  expect(await all('proj_order')).toEqual([first, second, third]);
  expect(await all('proj_order', 'desc')).toEqual([third, second, first]);
  expect(await all('proj_order', 'asc', { atATime: 2 })).toEqual([first, second, third]);
  expect(await all('proj_other')).toEqual([other]);
  expect(await all('proj_none')).toEqual([]);
});

test('content comes along only where it is asked for, and opens with the secret', async () => {
  const projectId = 'proj_content';
  const kept = violationAt(nowMs, { text: 'canary-kept' }, { projectId, logContent: true, contentSecret: 's' });
  const without = violationAt(nowMs + 1, {}, { projectId });
  await store().append(kept);
  await store().append(without);
  expect(await all(projectId)).toEqual([{ ...kept, content: { truncated: false } }, without]);
  const [opened, plain] = await all(projectId, 'asc', { withContent: true });
  expect(plain).toEqual(without);
  expect(openContent('s', kept, opened?.content?.sealed ?? new Uint8Array())).toBe('canary-kept');
});

test('the table has nothing of a text, neither as it is nor in base64, whatever the policy (I6)', async () => {
  const canary = 'canary-of-the-table-4d7e';
  for (const contentSecret of ['s', null]) {
    for (const logContent of [true, false]) {
      const about = { projectId: 'proj_dump', logContent, contentSecret };
      await store().append(violationAt(nowMs, { text: `${canary} `.repeat(50) }, about));
    }
  }
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.names.violations }));
  expect(Items.length).toBeGreaterThan(3);
  const written = JSON.stringify(Items, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  expect(written).not.toContain(canary);
  expect(written).not.toContain(Buffer.from(canary).toString('base64').slice(0, -2));
});

test('a violation expires when no report looks back at it any more', async () => {
  const violation = violationAt(nowMs, {}, { projectId: 'proj_expiry' });
  await store().append(violation);
  const Key = { projectId: violation.projectId, id: violation.id };
  const { Item } = await database.db.send(new GetCommand({ TableName: database.names.violations, Key }));
  expect(Item?.['expiresAt']).toBe(nowMs / 1000 + retentionDays * 86_400);
});

test('a listing goes on past a page of the database', async () => {
  const projectId = 'proj_large';
  const text = 'x'.repeat(8_000);
  // A page ends at 1 MB.
  const made = Array.from({ length: 150 }, (_, index) =>
    violationAt(nowMs + index, { text }, { projectId, logContent: true }),
  );
  await Promise.all(made.map((violation) => store().append(violation)));
  expect((await all(projectId, 'asc', { withContent: true })).map(({ id }) => id)).toEqual(made.map(({ id }) => id));
});

describe('while the table cannot be reached (I12)', () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const db = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: 'http://127.0.0.1:9' });
  const unreachable = dynamoViolationStore(db, 'violations');

  test('a violation is not written, and whoever records it is told', async () => {
    await expect(unreachable.append(violationAt(nowMs))).rejects.toThrow();
  });

  test('a listing is refused as overloaded, rather than looking empty', async () => {
    const [first] = [unreachable.within('proj', allIds(nowMs), 'asc')[Symbol.asyncIterator]()];
    await expect(first?.next()).rejects.toMatchObject({ name: 'GatewayError', why: 'overloaded' });
  });
});
