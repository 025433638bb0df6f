/** Completions of one upload that cross: whatever the order of their steps, there is one file, and it stays. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dynamoFileStore } from '../../../shared/files/file-store.ts';
import { sortableId } from '../../../shared/ids.ts';
import { folderObjects } from '../../../shared/objects/folder-objects.ts';
import { type CompleteUploadDeps, completeUpload } from '../../../shared/uploads/complete-upload.ts';
import { type Completion, fileIdOf, partKeyOf, type UploadWithParts } from '../../../shared/uploads/upload.ts';
import { dynamoUploadStore } from '../../../shared/uploads/upload-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');
const now = () => nowMs;
const projectId = 'proj_crossing';
const md5Of = (text: string): string => createHash('md5').update(text).digest('hex');

let database: TestDatabase;
let folder: string;
let deps: CompleteUploadDeps;
beforeAll(async () => {
  database = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), 'sluice-uploads-'));
  deps = {
    uploads: dynamoUploadStore(database.db, database.names.uploads),
    files: dynamoFileStore(database.db, database.names.files, { now }),
    objects: folderObjects(folder, async () => ''),
    now,
  };
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.stop();
});

async function begun(...texts: readonly string[]): Promise<{ found: UploadWithParts; partIds: readonly string[] }> {
  const { uploads, objects } = deps;
  const createdAt = nowMs / 1000;
  const bytes = texts.join('').length;
  const upload = {
    projectId,
    id: sortableId('upload_', nowMs),
    filename: 'requests.jsonl',
    bytes,
    fileSeconds: null,
    createdAt,
    expiresAt: createdAt + 3_600,
    state: 'pending',
  } as const;
  await uploads.create(upload);
  const partIds: string[] = [];
  for (const text of texts) {
    const part = { id: sortableId('part_', nowMs), bytes: text.length, createdAt };
    await objects.write(
      partKeyOf(upload, part.id),
      (async function* () {
        yield Buffer.from(text);
      })(),
    );
    await uploads.addPart(upload, part);
    partIds.push(part.id);
  }
  const found = await uploads.withParts(projectId, upload.id);
  if (!found) throw new Error('no upload');
  return { found, partIds };
}

/** Right after it has begun, everything else happens. */
const interrupted = (meanwhile: () => Promise<unknown>): CompleteUploadDeps => ({
  ...deps,
  uploads: {
    ...deps.uploads,
    async beginCompleting(upload, completion) {
      const may = await deps.uploads.beginCompleting(upload, completion);
      await meanwhile();
      return may;
    },
  },
});

test('one that is killed after a faster one has ended takes no file away', async () => {
  const { found, partIds } = await begun('abc', 'def');
  const completion: Completion = { partIds, md5: undefined };
  const slow = interrupted(() => completeUpload(deps, found, completion));
  const killed = { ...slow, objects: { ...deps.objects, write: () => Promise.reject(new Error('killed')) } };
  await completeUpload(killed, found, completion).catch(() => {});
  expect(await deps.files.get(projectId, fileIdOf(found.upload))).toMatchObject({ bytes: 6 });
});

test('nobody misses the file while a slower one comes to its end, which answers the same', async () => {
  const { found, partIds } = await begun('abc');
  const completion: Completion = { partIds, md5: undefined };
  const seen: unknown[] = [];
  const slow = interrupted(() => completeUpload(deps, found, completion));
  const create = slow.files.create.bind(slow.files);
  const looked = {
    ...slow,
    files: {
      ...slow.files,
      create: async (file: Parameters<typeof create>[0]) => {
        seen.push(await deps.files.get(projectId, fileIdOf(found.upload)));
        await create(file);
      },
    },
  };
  const { file } = await completeUpload(looked, found, completion);
  expect(file).toMatchObject({ bytes: 3, id: fileIdOf(found.upload) });
  expect(seen).not.toContain(undefined);
});

test('one with another checksum is not let in beside it', async () => {
  const { found, partIds } = await begun('abc');
  const right: Completion = { partIds, md5: md5Of('abc').toUpperCase() };
  const refused: unknown[] = [];
  const { file } = await completeUpload(
    interrupted(async () => {
      refused.push(await completeUpload(deps, found, { partIds, md5: md5Of('xyz') }).catch(({ why }) => why));
      refused.push(await completeUpload(deps, found, { partIds, md5: undefined }).catch(({ why }) => why));
    }),
    found,
    right,
  );
  expect(refused).toEqual(['conflict', 'conflict']);
  expect(await deps.files.get(projectId, fileIdOf(found.upload))).toEqual(file);
  expect(await deps.uploads.cancel(found.upload)).toBe(false);
});

test('one that was wrong twice does not reopen what is being completed in another way by then', async () => {
  const { found, partIds } = await begun('abc');
  const { uploads } = deps;
  const wrong: Completion = { partIds, md5: md5Of('xyz') };
  await uploads.beginCompleting(found.upload, wrong);
  await expect(completeUpload(deps, found, wrong)).rejects.toMatchObject({ why: 'invalid_request' });
  expect(await uploads.beginCompleting(found.upload, { partIds, md5: undefined })).toBe(true);
  await uploads.reopen(found.upload, wrong);
  expect(await uploads.cancel(found.upload)).toBe(false);
});

test('of an upload that DynamoDB has dropped before its parts, nothing is left', async () => {
  const { found } = await begun('abc');
  const { DeleteCommand } = await import('@aws-sdk/lib-dynamodb');
  const { projectId: project, id } = found.upload;
  await database.db.send(new DeleteCommand({ TableName: database.names.uploads, Key: { projectId: project, id } }));
  expect(await deps.uploads.withParts(projectId, id)).toBeUndefined();
});
