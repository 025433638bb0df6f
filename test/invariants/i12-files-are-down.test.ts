/** I12: without the tables of files and uploads, or without the objects, what needs them is refused; no file is half there. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { toFile } from 'openai';
import { question, scene } from '../support/scene.ts';

let down: RegExp | null = null;
let after = 0;
const broken = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

const failing = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: { input: object }) => {
        if (down?.test(JSON.stringify(command.input)) && after-- <= 0) throw broken();
        return target.send(command as never);
      };
    },
  });

const on = scene({ override: ({ db }) => ({ db: failing(db) }) });
const purpose = 'batch' as const;
const canary = 'canary-of-a-file-81c2';
const file = () => toFile(Buffer.from(canary), 'canary-of-a-name.jsonl');
const client = () => on().tenant.client;
afterEach(() => {
  down = null;
  after = 0;
});

async function uploadOf(text: string) {
  const about = { bytes: text.length, filename: 'a.jsonl', mime_type: 'application/jsonl', purpose };
  const { id } = await client().uploads.create(about);
  const part = await client().uploads.parts.create(id, { data: await toFile(Buffer.from(text), 'part') });
  return { id, part_ids: [part.id], about };
}

test('every route of files and uploads is a 503, and says nothing of what was in it', async () => {
  const { gateway } = on();
  const { id } = await client().files.create({ file: await file(), purpose });
  const upload = await uploadOf(canary);
  down = /-(files|uploads)"/;
  for (const attempt of [
    async () => client().files.create({ file: await file(), purpose }),
    () => client().files.list(),
    () => client().files.retrieve(id),
    () => client().files.content(id),
    () => client().files.delete(id),
    () => client().uploads.create(upload.about),
    async () => client().uploads.parts.create(upload.id, { data: await file() }),
    () => client().uploads.complete(upload.id, { part_ids: upload.part_ids }),
    () => client().uploads.cancel(upload.id),
  ])
    await expect(Promise.resolve(attempt())).rejects.toMatchObject({ status: 503, code: 'overloaded' });
  expect(JSON.stringify(gateway.logs)).not.toMatch(/canary-of/);
  down = null;
  expect((await client().files.retrieve(id)).id).toBe(id);
});

test('a model is asked as ever', async () => {
  down = /-(files|uploads)"/;
  expect((await client().chat.completions.create(question)).object).toBe('chat.completion');
});

test.each([0, 1, 2, 3, 4, 5])(
  'completing that breaks off after %i calls of the database is completed by the next try',
  async (calls) => {
    const { id, part_ids } = await uploadOf(`text ${calls}`);
    down = /-(files|uploads)"/;
    after = calls;
    await client()
      .uploads.complete(id, { part_ids })
      .catch(() => {});
    down = null;
    const { status, file: made } = await client().uploads.complete(id, { part_ids });
    expect(status).toBe('completed');
    expect(await (await client().files.content(made?.id ?? '')).text()).toBe(`text ${calls}`);
    const ids: string[] = [];
    for await (const one of client().files.list()) ids.push(one.id);
    expect(ids.filter((one) => one === made?.id)).toHaveLength(1);
  },
);

test('a file whose bytes cannot be kept is none, and one whose bytes cannot be deleted stays', async () => {
  const { live } = on().gateway;
  const kept = await client().files.create({ file: await file(), purpose });
  const before = (await client().files.list()).data.length;
  const folder = live.env.bodies.folder ?? '';
  renameSync(folder, `${folder}-aside`);
  writeFileSync(folder, 'no folder');
  try {
    await expect(client().files.create({ file: await file(), purpose })).rejects.toMatchObject({ status: 503 });
    await expect(client().files.content(kept.id)).rejects.toMatchObject({ status: 503 });
    await expect(client().files.delete(kept.id)).rejects.toMatchObject({ status: 503 });
  } finally {
    rmSync(folder);
    renameSync(`${folder}-aside`, folder);
  }
  expect((await client().files.list()).data).toHaveLength(before);
  expect(await (await client().files.content(kept.id)).text()).toBe(canary);
});
