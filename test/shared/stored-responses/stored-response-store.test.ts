import { readdirSync } from 'node:fs';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { folderBodies } from '../../../shared/bodies/folder-bodies.ts';
import { documentClient } from '../../../shared/dynamo/client.ts';
import type { StoredResponse } from '../../../shared/stored-responses/stored-response.ts';
import { dynamoStoredResponseStore } from '../../../shared/stored-responses/stored-response-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const clock = { nowMs: Date.parse('2026-11-22T10:00:00Z') };
const startMs = clock.nowMs;
const folder = temporaryFolder();
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(() => {
  clock.nowMs = startMs;
});
afterAll(() => database.stop());

const deps = { bodies: folderBodies(folder), now: () => clock.nowMs };
const store = () => dynamoStoredResponseStore(database.db, database.names.responses, deps);
const bodies = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

const responseCalled = (id: string, more: Partial<StoredResponse> = {}): StoredResponse => ({
  projectId: 'proj_a',
  id,
  status: 'queued',
  response: { id, object: 'response', status: 'queued' },
  items: null,
  expiresAt: startMs / 1000 + 100,
  ...more,
});

test('a response is got as it was put, by its own project alone (I5)', async () => {
  const response = responseCalled('resp_1', { items: { in: 'thr_1', first: 0, output: 1, next: 2 } });
  expect(await store().put(response)).toBe('put');
  expect(await store().get('proj_a', 'resp_1')).toEqual(response);
  expect(await store().get('proj_b', 'resp_1')).toBeUndefined();
  expect(await store().put(responseCalled('resp_1', { status: 'failed' }))).toBe('exists');
  expect(await store().get('proj_a', 'resp_1')).toEqual(response);
});

test('of who ends it and who cancels it, one wins', async () => {
  await store().put(responseCalled('resp_2'));
  const outcomes = await Promise.all(
    (['completed', 'cancelled'] as const).map((status) =>
      store().replace(responseCalled('resp_2', { status }), ['queued', 'in_progress']),
    ),
  );
  expect(outcomes.toSorted()).toEqual([false, true]);
  const { status } = (await store().get('proj_a', 'resp_2')) ?? {};
  expect(status).toBe(outcomes[0] ? 'completed' : 'cancelled');
  expect(await store().replace(responseCalled('resp_none'), ['queued'])).toBe(false);
  expect(await store().get('proj_a', 'resp_none')).toBeUndefined();
});

test('what is deleted is gone, by its own project alone (I5)', async () => {
  await store().put(responseCalled('resp_3'));
  expect(await store().delete('proj_b', 'resp_3')).toBe(false);
  expect(await store().get('proj_a', 'resp_3')).toBeDefined();
  expect(await store().delete('proj_a', 'resp_3')).toBe(true);
  expect(await store().get('proj_a', 'resp_3')).toBeUndefined();
  expect(await store().delete('proj_a', 'resp_3')).toBe(false);
});

test('a response of a megabyte is kept outside of the table, and deleted from there', async () => {
  const text = 'canary '.repeat(150_000);
  await store().put(responseCalled('resp_4', { response: { text } }));
  const { Items } = await database.db.send(new ScanCommand({ TableName: database.names.responses }));
  expect(JSON.stringify(Items)).not.toContain('canary');
  expect(bodies()).toHaveLength(1);
  expect((await store().get('proj_a', 'resp_4'))?.response).toEqual({ text });
  await store().delete('proj_a', 'resp_4');
  expect(bodies()).toHaveLength(0);
});

test('past its time there is none, though DynamoDB has not deleted it yet', async () => {
  await store().put(responseCalled('resp_5'));
  clock.nowMs = startMs + 100_000;
  expect(await store().get('proj_a', 'resp_5')).toBeUndefined();
  expect(await store().delete('proj_a', 'resp_5')).toBe(false);
});

describe('while the table cannot be reached (I12)', () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const db = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: 'http://127.0.0.1:9' });
  const unreachable = dynamoStoredResponseStore(db, 'responses', deps);

  test.each([
    ['put', () => unreachable.put(responseCalled('resp_6'))],
    ['get', () => unreachable.get('proj_a', 'resp_6')],
    ['replace', () => unreachable.replace(responseCalled('resp_6'), ['queued'])],
    ['delete', () => unreachable.delete('proj_a', 'resp_6')],
  ])('%s is refused as overloaded', async (_, work) => {
    await expect(work()).rejects.toMatchObject({ name: 'GatewayError', why: 'overloaded' });
  });
});
