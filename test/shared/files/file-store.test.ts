import { documentClient } from '../../../shared/dynamo/client.ts';
import { objectKeyOf, type StoredFile } from '../../../shared/files/file.ts';
import { dynamoFileStore, type FileQuery } from '../../../shared/files/file-store.ts';
import { sortableId } from '../../../shared/ids.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';

const startMs = Date.parse('2026-11-22T10:00:00Z');
const clock = { nowMs: startMs };
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
beforeEach(() => {
  clock.nowMs = startMs;
});
afterAll(() => database.stop());

const store = () => dynamoFileStore(database.db, database.names.files, { now: () => clock.nowMs });

function fileAt(projectId: string, afterMs: number, more: Partial<StoredFile> = {}): StoredFile {
  const id = sortableId('file-', startMs + afterMs);
  return {
    projectId,
    id,
    filename: 'requests.jsonl',
    purpose: 'batch',
    bytes: 12,
    createdAt: Math.floor((startMs + afterMs) / 1000),
    expiresAt: null,
    objectKey: objectKeyOf(projectId, id),
    ...more,
  };
}

const asked: FileQuery = { order: 'desc', limit: 100 };

test('a file is found as it was created, in its project alone (I5)', async () => {
  const file = fileAt('proj_get', 0);
  for (const _time of [1, 2]) await store().create(file);
  expect(await store().get('proj_get', file.id)).toEqual(file);
  expect(await store().get('proj_other', file.id)).toBeUndefined();
  expect(await store().list('proj_other', asked)).toEqual({ files: [], more: false });
  expect(await store().list('proj_get', asked)).toEqual({ files: [file], more: false });
});

test.each(['asc', 'desc'] as const)('files are listed in order, page by page: %s', async (order) => {
  const projectId = `proj_${order}`;
  const files = [1, 2, 3, 4, 5].map((ms) => fileAt(projectId, ms));
  for (const file of files) await store().create(file);
  const inOrder = order === 'asc' ? files : files.toReversed();
  const first = await store().list(projectId, { order, limit: 2 });
  expect(first).toEqual({ files: inOrder.slice(0, 2), more: true });
  const after = first.files[1]?.id ?? '';
  expect(await store().list(projectId, { order, limit: 3, after })).toEqual({ files: inOrder.slice(2), more: false });
});

test('files of one purpose are listed without the others, and the pages are as full', async () => {
  const purposes = ['batch', 'batch_output', 'batch_output', 'batch', 'batch_output'] as const;
  const files = purposes.map((purpose, ms) => fileAt('proj_purpose', ms, { purpose }));
  for (const file of files) await store().create(file);
  const outputs = files.filter(({ purpose }) => purpose === 'batch_output');
  const query = { purpose: 'batch_output', order: 'asc' } as const;
  expect(await store().list('proj_purpose', { ...query, limit: 2 })).toEqual({
    files: outputs.slice(0, 2),
    more: true,
  });
  expect((await store().list('proj_purpose', { ...query, limit: 3 })).more).toBe(false);
});

test('a file whose time is over is gone, and no page is the shorter for it', async () => {
  const over = fileAt('proj_over', 1, { expiresAt: startMs / 1000 + 3600 });
  const staying = [0, 2].map((ms) => fileAt('proj_over', ms));
  for (const file of [over, ...staying]) await store().create(file);
  clock.nowMs = startMs + 3_599_999;
  expect(await store().get('proj_over', over.id)).toEqual(over);
  clock.nowMs += 1;
  expect(await store().get('proj_over', over.id)).toBeUndefined();
  expect(await store().list('proj_over', { order: 'asc', limit: 2 })).toEqual({ files: staying, more: false });
});

async function expiredOf(projectId: string): Promise<StoredFile[]> {
  const found: StoredFile[] = [];
  for await (const file of store().expired()) if (file.projectId === projectId) found.push(file);
  return found;
}

test('what the sweep has to take away is what has been over for an hour, and it is forgotten unless it has changed', async () => {
  const ends = [3600, 7200].map((seconds, ms) => fileAt('proj_sweep', ms, { expiresAt: startMs / 1000 + seconds }));
  const [over] = ends;
  if (!over) throw new Error('no file');
  for (const file of [...ends, fileAt('proj_sweep', 9)]) await store().create(file);
  clock.nowMs = startMs + 7_199_000;
  expect(await expiredOf('proj_sweep')).toEqual([]);
  clock.nowMs += 1_000;
  expect(await expiredOf('proj_sweep')).toEqual([over]);
  expect(await store().forget({ ...over, expiresAt: over.createdAt })).toBe(false);
  expect(await store().forget(over)).toBe(true);
  expect(await expiredOf('proj_sweep')).toEqual([]);
});

test('a file is deleted once', async () => {
  const file = fileAt('proj_delete', 0);
  await store().create(file);
  expect(await store().delete('proj_delete', file.id)).toBe(true);
  expect(await store().delete('proj_delete', file.id)).toBe(false);
  expect(await store().get('proj_delete', file.id)).toBeUndefined();
});

test('while the database is down nothing is told (I12)', async () => {
  const db = documentClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    dynamodbEndpoint: 'http://127.0.0.1:9',
  });
  const down = dynamoFileStore(db, 'files', { now: () => startMs });
  const file = fileAt('proj_down', 0);
  for (const work of [
    () => down.create(file),
    () => down.get('proj_down', file.id),
    () => down.list('proj_down', asked),
    () => down.delete('proj_down', file.id),
  ])
    await expect(work()).rejects.toMatchObject({ name: 'GatewayError', why: 'overloaded' });
});
