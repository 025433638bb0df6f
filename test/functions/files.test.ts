/** `files` of the `openai` package, as it is. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type OpenAI, toFile } from 'openai';
import { scene } from '../support/scene.ts';

const on = scene();
const client = (): OpenAI => on().tenant.client;
const jsonl = '{"custom_id":"1","body":{"text":"Grüße 🌈"}}\n{"custom_id":"2"}\n';
const purpose = 'batch' as const;
const nowSeconds = () => Math.floor(on().gateway.clock.nowMs / 1000);
const folder = (): string => on().gateway.live.env.bodies.folder ?? '';
const objects = (): string[] =>
  existsSync(join(folder(), 'files'))
    ? readdirSync(join(folder(), 'files'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
    : [];

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('a file is created, retrieved, listed, read and deleted', async () => {
  const created = await client().files.create({ file: await toFile(Buffer.from(jsonl), 'requests.jsonl'), purpose });
  expect(created).toEqual({
    id: expect.stringMatching(/^file-\w{20}$/),
    object: 'file',
    bytes: Buffer.byteLength(jsonl),
    created_at: nowSeconds(),
    expires_at: nowSeconds() + 30 * 86_400,
    filename: 'requests.jsonl',
    purpose: 'batch',
    status: 'processed',
  });
  expect(await client().files.retrieve(created.id)).toEqual(created);
  expect((await client().files.list()).data).toContainEqual(created);
  const content = await client().files.content(created.id);
  expect(await content.text()).toBe(jsonl);
  expect(content.headers.get('content-disposition')).toBe(
    `attachment; filename="requests.jsonl"; filename*=UTF-8''requests.jsonl`,
  );
  expect(objects()).toContain(created.id);
  expect(await client().files.delete(created.id)).toEqual({ id: created.id, object: 'file', deleted: true });
  expect(objects()).not.toContain(created.id);
  for (const attempt of [
    () => client().files.retrieve(created.id),
    () => client().files.content(created.id),
    () => client().files.delete(created.id),
  ])
    await expect(Promise.resolve(attempt())).rejects.toMatchObject({ status: 404, code: 'not_found' });
});

test('an empty file, and one as large as a request may be, come back byte for byte', async () => {
  for (const text of ['', `${jsonl.repeat(85_000)}`]) {
    const { id, bytes } = await client().files.create({ file: await toFile(Buffer.from(text), 'a.jsonl'), purpose });
    expect(bytes).toBe(Buffer.byteLength(text));
    expect((await (await client().files.content(id)).text()) === text).toBe(true);
  }
});

test('a file lasts as long as it was created for, and is gone at once', async () => {
  const { gateway } = on();
  const expires_after = { anchor: 'created_at', seconds: 3600 } as const;
  const file = await toFile(Buffer.from(jsonl), 'a.jsonl');
  const { id, expires_at: expiresAt } = await client().files.create({ file, purpose, expires_after });
  expect(expiresAt).toBe(nowSeconds() + 3600);
  gateway.clock.nowMs += 3_600_000;
  await expect(client().files.retrieve(id)).rejects.toMatchObject({ status: 404 });
  expect((await collected(client().files.list())).map((one) => one.id)).not.toContain(id);
});

test('the sweep takes away the bytes of files that are over, an hour later, and leaves the others', async () => {
  const { gateway } = on();
  const expires_after = { anchor: 'created_at', seconds: 3600 } as const;
  const file = async () => toFile(Buffer.from(jsonl), 'a.jsonl');
  const over = await client().files.create({ file: await file(), purpose, expires_after });
  const stays = await client().files.create({ file: await file(), purpose });
  gateway.clock.nowMs += 7_199_000;
  await gateway.runSchedule('sweep');
  expect(objects()).toContain(over.id);
  gateway.clock.nowMs += 1_000;
  await gateway.runSchedule('sweep');
  expect(objects()).not.toContain(over.id);
  expect(objects()).toContain(stays.id);
});

test('a listing goes through pages in either order, and through those of one purpose alone', async () => {
  const { gateway } = on();
  const { client: other } = await gateway.tenant('lister');
  const ids: string[] = [];
  for (const name of ['1', '2', '3', '4', '5']) {
    gateway.clock.nowMs += 1;
    ids.push((await other.files.create({ file: await toFile(Buffer.from(name), name), purpose })).id);
  }
  const listed = async (query: object) => (await collected(other.files.list(query))).map(({ id }) => id);
  expect(await listed({ limit: 2, order: 'asc' })).toEqual(ids);
  expect(await listed({ limit: 2 })).toEqual(ids.toReversed());
  expect(await listed({ purpose: 'batch', after: ids[3] })).toEqual(ids.slice(0, 3).reverse());
  expect(await listed({ purpose: 'batch_output' })).toEqual([]);
});

test.each([
  ['another purpose', { purpose: 'fine-tune' }, 'purpose'],
  ['no purpose', { purpose: undefined }, 'purpose'],
  ['no file', { file: undefined }, 'file'],
  ['a text in place of the file', { file: 'text' }, 'file'],
  ['too short a life', { expires_after: { anchor: 'created_at', seconds: 3599 } }, 'expires_after.seconds'],
  ['too long a life', { expires_after: { anchor: 'created_at', seconds: 2_592_001 } }, 'expires_after.seconds'],
  [
    'a life from another time on',
    { expires_after: { anchor: 'last_active_at', seconds: 3600 } },
    'expires_after.anchor',
  ],
  ['what nobody knows', { colour: 'red' }, 'colour'],
])('%s is refused by name, and nothing is kept', async (_name, change, param) => {
  const before = objects().length;
  const body = { file: await toFile(Buffer.from(jsonl), 'a.jsonl'), purpose, ...change };
  await expect(client().files.create(body as never)).rejects.toMatchObject({ status: 400, param });
  expect(objects()).toHaveLength(before);
});

test('a request that is no form is told what is missing', async () => {
  const asked = client().post('/files', { body: { purpose: 'batch', file: 'x' } });
  await expect(asked).rejects.toMatchObject({ status: 400, param: 'file', message: /multipart\/form-data/ });
});

test.each([
  ['too long', 'a'.repeat(256), 400],
  ['as long as it may be', 'a'.repeat(255), 200],
  ['with a path', '../../etc/passwd', 200],
  ['with quotes', 'a"; filename="b.exe', 200],
  ['in another script', 'запросы 🌈.jsonl', 200],
])('a name that is %s: %3$i', async (_name, filename, status) => {
  const file = await toFile(Buffer.from(jsonl), filename);
  const asked = client().files.create({ file, purpose });
  if (status !== 200) {
    await expect(asked).rejects.toMatchObject({ status, param: 'file' });
    return;
  }
  const { id } = await asked;
  const disposition = (await client().files.content(id)).headers.get('content-disposition') ?? '';
  expect(disposition).toMatch(/^attachment; filename="[A-Za-z0-9 ._-]+"; filename\*=UTF-8''[A-Za-z0-9%._~-]+$/);
});

test("another project's file is a missing one, and is not among one's own (I5)", async () => {
  const { client: other } = await on().gateway.tenant('other');
  const { id } = await other.files.create({ file: await toFile(Buffer.from('theirs'), 'theirs.jsonl'), purpose });
  const missing = `${id.slice(0, -6)}000000`;
  for (const attempt of [
    (name: string) => client().files.retrieve(name),
    (name: string) => client().files.content(name),
    (name: string) => client().files.delete(name),
  ]) {
    const told = async (name: string) =>
      Promise.resolve(attempt(name)).catch((error: { status: number; message: string }) => [
        error.status,
        error.message.replaceAll(name, 'ID'),
      ]);
    expect(await told(id)).toEqual(await told(missing));
  }
  expect((await collected(client().files.list())).map((one) => one.id)).not.toContain(id);
  expect((await collected(client().files.list({ after: id }))).map((one) => one.id)).not.toContain(id);
  expect(await (await other.files.content(id)).text()).toBe('theirs');
});

test('a key that may only read creates and deletes nothing', async () => {
  const { gateway, tenant } = on();
  const file = await client().files.create({ file: await toFile(Buffer.from(jsonl), 'a.jsonl'), purpose });
  const { serviceAccounts } = gateway.admin().admin.organization.projects;
  const scopes = ['api.files.read'];
  const key = await serviceAccounts.apiKeys.create(tenant.accountId, { project_id: tenant.projectId, scopes });
  const reader = gateway.withKey(key.value);
  expect((await reader.files.retrieve(file.id)).id).toBe(file.id);
  await expect(reader.files.delete(file.id)).rejects.toMatchObject({ status: 403 });
  const again = await toFile(Buffer.from(jsonl), 'a.jsonl');
  await expect(reader.files.create({ file: again, purpose })).rejects.toMatchObject({ status: 403 });
});
