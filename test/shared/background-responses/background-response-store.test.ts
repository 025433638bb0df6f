import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { BackgroundResponse } from '../../../shared/background-responses/background-response.ts';
import {
  type BackgroundResponseStore,
  dynamoBackgroundResponseStore,
  type Lease,
} from '../../../shared/background-responses/background-response-store.ts';
import { folderBodies } from '../../../shared/bodies/folder-bodies.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/temporary.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const bodies = folderBodies(temporaryFolder());
const store = (): BackgroundResponseStore =>
  dynamoBackgroundResponseStore(database.db, database.names.backgroundResponses, bodies);

let made = 0;
const create = async (changes: Partial<BackgroundResponse> = {}): Promise<BackgroundResponse> => {
  made += 1;
  const response = {
    projectId: 'proj_a',
    id: `resp_${made}`,
    apiKeyId: 'key_a',
    request: '{"model":"m"}',
    createdAtMs: 1_000_000,
    waits: 0,
    ...changes,
  };
  await store().create(response);
  return response;
};
const lease = (workerId: string, untilMs = 60_000): Lease => ({ workerId, untilMs });

test('it is claimed by one of many rivals, and the others learn until when', async () => {
  const response = await create();
  const rivals = Array.from({ length: 10 }, (_, index) => store().claim(response, lease(`w${index}`), 0));
  const claims = await Promise.all(rivals);
  expect(claims.filter(({ kind }) => kind === 'claimed')).toEqual([{ kind: 'claimed', response }]);
  expect(claims.filter(({ kind }) => kind === 'held')).toEqual(Array(9).fill({ kind: 'held', untilMs: 60_000 }));
});

test('a claim that is repeated, since its answer was lost, is still a claim', async () => {
  const response = await create();
  await store().claim(response, lease('a'), 0);
  expect(await store().claim(response, lease('a'), 0)).toEqual({ kind: 'claimed', response });
});

test('a worker that has said nothing for as long as its lease is taken for dead', async () => {
  const response = await create();
  await store().claim(response, lease('dead'), 0);
  expect(await store().claim(response, lease('b', 120_000), 59_999)).toMatchObject({ kind: 'held' });
  expect(await store().claim(response, lease('b', 120_000), 60_000)).toMatchObject({ kind: 'claimed' });
  expect(await store().renew(response, lease('dead', 180_000))).toBe(false);
  expect(await store().isHeldBy(response, 'dead')).toBe(false);
  expect(await store().isHeldBy(response, 'b')).toBe(true);
});

test('a worker that says that it lives keeps it', async () => {
  const response = await create();
  await store().claim(response, lease('a'), 0);
  expect(await store().renew(response, lease('a', 80_000))).toBe(true);
  expect(await store().claim(response, lease('b'), 79_999)).toEqual({ kind: 'held', untilMs: 80_000 });
});

test('what has to wait can be claimed at once, and says how often it has', async () => {
  const response = await create();
  await store().claim(response, lease('a'), 0);
  await store().release(response, 'a');
  expect(await store().claim(response, lease('b'), 1)).toEqual({
    kind: 'claimed',
    response: { ...response, waits: 1 },
  });
  // Not its any more.
  await store().release(response, 'a');
  expect(await store().isHeldBy(response, 'b')).toBe(true);
});

test('what is removed is gone for everyone, its worker too', async () => {
  const response = await create();
  await store().claim(response, lease('a'), 0);
  await store().remove(response);
  await store().remove(response);
  expect(await store().isHeldBy(response, 'a')).toBe(false);
  expect(await store().renew(response, lease('a'))).toBe(false);
  await store().release(response, 'a');
  expect(await store().claim(response, lease('b'), 0)).toEqual({ kind: 'gone' });
});

test('another project has none of that name (I5)', async () => {
  const { id } = await create();
  const theirs = { projectId: 'proj_b', id };
  await store().remove(theirs);
  expect(await store().claim(theirs, lease('b'), 0)).toEqual({ kind: 'gone' });
  expect(await store().claim({ projectId: 'proj_a', id }, lease('a'), 0)).toMatchObject({ kind: 'claimed' });
});

test('a large request lies below its project, beside a small row, and goes with it', async () => {
  const response = await create({ request: JSON.stringify({ input: 'ü'.repeat(3_000_000) }) });
  const { Item } = await database.db.send(
    new GetCommand({ TableName: database.names.backgroundResponses, Key: { projectId: 'proj_a', id: response.id } }),
  );
  const key = `responses/proj_a/${response.id}/request`;
  expect(Item).toMatchObject({ bodyKey: key });
  expect(JSON.stringify(Item).length).toBeLessThan(1_000);
  expect(await store().claim(response, lease('a'), 0)).toEqual({ kind: 'claimed', response });
  await store().remove(response);
  expect(await bodies.get(key)).toBeUndefined();
});
