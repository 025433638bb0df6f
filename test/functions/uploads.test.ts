/** `uploads` of the `openai` package, as it is, and the way for parts that are too large for a request. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type OpenAI, toFile } from 'openai';
import { mostParts } from '../../shared/uploads/upload.ts';
import { scene } from '../support/scene.ts';
import { uploadHost } from '../support/upload-host.ts';

const host = uploadHost(() => on().gateway);
const on = scene({ override: host.override });
const client = (): OpenAI => on().tenant.client;
const purpose = 'batch' as const;
const nowSeconds = () => Math.floor(on().gateway.clock.nowMs / 1000);
const md5Of = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');
const filesKept = (): string[] => {
  const folder = join(on().gateway.live.env.bodies.folder ?? '', 'files');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [entry.name] : [],
  );
};

const begin = (bytes: number, more: object = {}, as = client()) =>
  as.uploads.create({ bytes, filename: 'requests.jsonl', mime_type: 'application/jsonl', purpose, ...more });
const add = async (id: string, text: string, as = client()) =>
  (await as.uploads.parts.create(id, { data: await toFile(Buffer.from(text), 'part') })).id;
const contentOf = async (id: string) => Buffer.from(await (await client().files.content(id)).arrayBuffer());

type AddressedPart = OpenAI.Uploads.UploadPart & { readonly upload_url: string };
const addressFor = (id: string, bytes: number, as = client()) =>
  as.post<AddressedPart>(`/uploads/${id}/parts`, { body: { bytes } });
const put = (url: string, body: Uint8Array<ArrayBuffer> | string) => fetch(url, { method: 'PUT', body });

test('parts become a file, in the order in which they are named', async () => {
  const upload = await begin(11);
  expect(upload).toEqual({
    id: expect.stringMatching(/^upload_\w{20}$/),
    object: 'upload',
    bytes: 11,
    created_at: nowSeconds(),
    expires_at: nowSeconds() + 3600,
    filename: 'requests.jsonl',
    purpose: 'batch',
    status: 'pending',
    file: null,
  });
  const world = await client().uploads.parts.create(upload.id, { data: await toFile(Buffer.from('world'), 'part') });
  expect(world).toEqual({
    id: expect.stringMatching(/^part_\w{20}$/),
    object: 'upload.part',
    created_at: nowSeconds(),
    upload_id: upload.id,
  });
  const hello = await add(upload.id, 'hello ');
  const completed = await client().uploads.complete(upload.id, {
    part_ids: [hello, world.id],
    md5: md5Of(Buffer.from('hello world')).toUpperCase(),
  });
  expect(completed).toMatchObject({ ...upload, status: 'completed', file: expect.anything() });
  expect(completed.file).toMatchObject({ object: 'file', bytes: 11, filename: 'requests.jsonl', purpose: 'batch' });
  const id = completed.file?.id ?? '';
  expect(await client().files.retrieve(id)).toEqual(completed.file);
  expect((await contentOf(id)).toString()).toBe('hello world');
});

test('a file that is larger than a request goes to addresses, part by part, and none of it through the gateway', async () => {
  const bytes = Buffer.from(Uint8Array.from({ length: 20 * 1024 * 1024 + 3 }, (_, index) => (index * 7) % 253));
  const upload = await begin(bytes.length);
  const partSize = 9 * 1024 * 1024;
  const partIds: string[] = [];
  for (let from = 0; from < bytes.length; from += partSize) {
    const chunk = bytes.subarray(from, from + partSize);
    const part = await addressFor(upload.id, chunk.length);
    expect((await put(part.upload_url, new Uint8Array(chunk))).status).toBe(200);
    partIds.push(part.id);
  }
  const { file } = await client().uploads.complete(upload.id, { part_ids: partIds, md5: md5Of(bytes) });
  expect(file?.bytes).toBe(bytes.length);
  expect((await contentOf(file?.id ?? '')).equals(bytes)).toBe(true);
});

test('an address takes the bytes that it is for, once and again within the hour, and nothing else', async () => {
  const { gateway } = on();
  const upload = await begin(5);
  const { upload_url: url, id } = await addressFor(upload.id, 5);
  for (const body of ['1234', '123456', '']) expect((await put(url, body)).status).toBe(403);
  const altered = (name: string, value: string) => {
    const address = new URL(url);
    address.searchParams.set(name, value);
    return address.href;
  };
  const { key = '' } = Object.fromEntries(new URL(url).searchParams);
  for (const address of [
    altered('key', key.replace(id, 'part_other')),
    altered('key', `${key}/../../../files/x`),
    altered('bytes', '6'),
    altered('expires', '9999999999'),
    altered('signature', 'AAAA'),
    url.split('?')[0] ?? '',
  ])
    expect((await put(address, '12345')).status).toBe(403);
  expect((await fetch(url)).status).toBe(403);
  expect((await put(url, '12345')).status).toBe(200);
  gateway.clock.nowMs += 3_600_000;
  expect((await put(url, '54321')).status).toBe(403);
});

test('completing again gives the same file, as does completing at the same time', async () => {
  const { id } = await begin(6);
  const part_ids = [await add(id, 'abc'), await add(id, 'def')];
  const [first, second] = await Promise.all([
    client().uploads.complete(id, { part_ids }),
    client().uploads.complete(id, { part_ids }),
  ]);
  const third = await client().uploads.complete(id, { part_ids });
  expect([second, third]).toEqual([first, first]);
  await expect(client().uploads.complete(id, { part_ids: part_ids.toReversed() })).rejects.toMatchObject({
    status: 409,
    code: 'conflict',
  });
  expect((await contentOf(first.file?.id ?? '')).toString()).toBe('abcdef');
});

test('what is wrong with parts is told, nothing is kept, and they may be others next time', async () => {
  const kept = filesKept().length;
  const { id } = await begin(6);
  const abc = await add(id, 'abc');
  const def = await add(id, 'def');
  const missing = await addressFor(id, 3);
  const wrong: [OpenAI.UploadCompleteParams, string][] = [
    [{ part_ids: [abc] }, 'part_ids'],
    [{ part_ids: [abc, def, def] }, 'part_ids[2]'],
    [{ part_ids: [abc, 'part_none'] }, 'part_ids[1]'],
    [{ part_ids: [abc, missing.id] }, 'part_ids[1]'],
    [{ part_ids: [abc, def], md5: md5Of(Buffer.from('other!')) }, 'md5'],
    [{ part_ids: [] }, 'part_ids'],
    [{ part_ids: [abc, def], md5: 'no checksum' }, 'md5'],
  ];
  for (const [body, param] of wrong)
    await expect(client().uploads.complete(id, body)).rejects.toMatchObject({ status: 400, param });
  expect(filesKept()).toHaveLength(kept);
  const { file } = await client().uploads.complete(id, { part_ids: [def, abc], md5: md5Of(Buffer.from('defabc')) });
  expect((await contentOf(file?.id ?? '')).toString()).toBe('defabc');
});

test('a cancelled upload takes no part and becomes no file; cancelling it again is no mistake', async () => {
  const { id } = await begin(3);
  const part = await add(id, 'abc');
  expect(await client().uploads.cancel(id)).toMatchObject({ id, status: 'cancelled' });
  expect(await client().uploads.cancel(id)).toMatchObject({ status: 'cancelled' });
  for (const attempt of [() => add(id, 'abc'), () => client().uploads.complete(id, { part_ids: [part] })])
    await expect(Promise.resolve(attempt())).rejects.toMatchObject({ status: 409, message: /is cancelled/ });
});

test('an upload is over after an hour', async () => {
  const { id } = await begin(3);
  const part = await add(id, 'abc');
  on().gateway.clock.nowMs += 3_600_000;
  for (const attempt of [
    () => add(id, 'abc'),
    () => client().uploads.complete(id, { part_ids: [part] }),
    () => client().uploads.cancel(id),
  ])
    await expect(Promise.resolve(attempt())).rejects.toMatchObject({ status: 409, message: /is expired/ });
});

test('a completed upload is not cancelled', async () => {
  const { id } = await begin(3);
  await client().uploads.complete(id, { part_ids: [await add(id, 'abc')] });
  await expect(client().uploads.cancel(id)).rejects.toMatchObject({ status: 409, message: /is completed/ });
});

test('the file of an upload lasts as long as was asked for, from its creation', async () => {
  const { gateway } = on();
  const { id } = await begin(3, { expires_after: { anchor: 'created_at', seconds: 7200 } });
  const part = await add(id, 'abc');
  gateway.clock.nowMs += 60_000;
  const { file } = await client().uploads.complete(id, { part_ids: [part] });
  expect(file).toMatchObject({ created_at: nowSeconds(), expires_at: nowSeconds() + 7200 });
});

test.each([
  ['another purpose', { purpose: 'vision' }, 'purpose'],
  ['no bytes', { bytes: 0 }, 'bytes'],
  ['more than a batch takes', { bytes: 200 * 1024 * 1024 + 1 }, 'bytes'],
  ['a name with a line break', { filename: 'a\r\nb' }, 'filename'],
  ['no name', { filename: '' }, 'filename'],
  ['half of a character as its name', { filename: '\ud83c' }, undefined],
])('an upload of %s is refused', async (_name, change, param) => {
  await expect(begin(3, change)).rejects.toMatchObject({ status: 400, ...(param && { param }) });
});

test('a part is a file with something in it, or a number of bytes that one PUT can bring', async () => {
  const { id } = await begin(3);
  await expect(add(id, '')).rejects.toMatchObject({ status: 400 });
  for (const bytes of [0, -1, 64 * 1024 * 1024 + 1, 1.5, '3'])
    await expect(addressFor(id, bytes as number)).rejects.toMatchObject({ status: 400, message: /'bytes'/ });
});

test("another project's upload is a missing one (I5)", async () => {
  const { client: other } = await on().gateway.tenant('other');
  const theirs = await begin(3, {}, other);
  const part = await add(theirs.id, 'abc', other);
  for (const attempt of [
    (id: string) => add(id, 'abc'),
    (id: string) => addressFor(id, 3),
    (id: string) => client().uploads.complete(id, { part_ids: [part] }),
    (id: string) => client().uploads.cancel(id),
  ]) {
    const told = async (id: string) =>
      Promise.resolve(attempt(id)).catch(({ status, message }: { status: number; message: string }) => [
        status,
        message.replaceAll(id, 'ID'),
      ]);
    const missing = `${theirs.id.slice(0, -6)}000000`;
    expect(await told(theirs.id)).toEqual(await told(missing));
    expect(await told(missing)).toEqual([404, expect.any(String)]);
  }
  // A part of theirs is none of ours either.
  const ours = await begin(3);
  await expect(client().uploads.complete(ours.id, { part_ids: [part] })).rejects.toMatchObject({ status: 400 });
  expect(await other.uploads.complete(theirs.id, { part_ids: [part] })).toMatchObject({ status: 'completed' });
});

test('an upload has so many parts at the most, and is made of as many', async () => {
  const { id } = await begin(mostParts);
  const partIds: string[] = [];
  for (let number = 0; number < mostParts; number += 1) partIds.push(await add(id, String(number % 10)));
  await expect(add(id, 'x')).rejects.toMatchObject({ status: 409 });
  const { file } = await client().uploads.complete(id, { part_ids: partIds.toReversed() });
  expect((await contentOf(file?.id ?? '')).toString()).toBe('9876543210'.repeat(mostParts / 10));
});
