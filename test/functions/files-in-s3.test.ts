/** Files and uploads through the official SDK, with S3 behind the functions as it is on AWS. */
import { createHash } from 'node:crypto';
import { type OpenAI, toFile } from 'openai';
import { scene } from '../support/scene.ts';
import { type ScriptedBucket, scriptedBucket } from '../support/scripted-bucket.ts';

const secretAccessKey = 'of-the-role-of-the-functions';
let s3: ScriptedBucket;
beforeAll(async () => {
  s3 = await scriptedBucket({ secretAccessKey });
  process.env['AWS_ENDPOINT_URL_S3'] = s3.endpoint;
});
beforeEach(() => {
  s3.asked.length = 0;
});
afterAll(async () => {
  delete process.env['AWS_ENDPOINT_URL_S3'];
  await s3.stop();
});

const on = scene({
  override: ({ env }) => ({
    env: {
      ...env,
      aws: { ...env.aws, credentials: { ...env.aws.credentials, secretAccessKey } },
      // A name that is no label of a host is put into the path.
      bodies: { bucket: 'the_bodies', folder: undefined },
    },
  }),
});
const client = (): OpenAI => on().tenant.client;
const purpose = 'batch' as const;

test('a file goes to S3 in one piece, under its project, and comes from there', async () => {
  const text = '{"custom_id": "1"}\n';
  const { id } = await client().files.create({ file: await toFile(Buffer.from(text), 'a.jsonl'), purpose });
  const path = `/the_bodies/files/${on().tenant.projectId}/${id}`;
  expect(s3.asked).toEqual([`PUT ${path}`]);
  expect(s3.objects.get(path)?.toString()).toBe(text);
  expect(await (await client().files.content(id)).text()).toBe(text);
  await client().files.delete(id);
  expect(s3.objects.has(path)).toBe(false);
});

test('parts go to S3 past the functions, and become one file there, piece by piece', async () => {
  const bytes = Buffer.from(Uint8Array.from({ length: 18 * 1024 * 1024 }, (_, index) => (index * 11) % 247));
  const about = { bytes: bytes.length, filename: 'a.jsonl', mime_type: 'application/jsonl', purpose };
  const { id } = await client().uploads.create(about);
  const partIds: string[] = [];
  for (const chunk of [bytes.subarray(0, 10_000_000), bytes.subarray(10_000_000)]) {
    const part = await client().post<OpenAI.Uploads.UploadPart & { upload_url: string }>(`/uploads/${id}/parts`, {
      body: { bytes: chunk.length },
    });
    expect(new URL(part.upload_url).origin).toBe(s3.endpoint);
    const wrong = await fetch(part.upload_url, { method: 'PUT', body: new Uint8Array(chunk.subarray(1)) });
    expect(wrong.status).toBe(403);
    expect((await fetch(part.upload_url, { method: 'PUT', body: new Uint8Array(chunk) })).status).toBe(200);
    partIds.push(part.id);
  }
  const md5 = createHash('md5').update(bytes).digest('hex');
  const { file } = await client().uploads.complete(id, { part_ids: partIds, md5 });
  const stored = s3.objects.get(`/the_bodies/files/${on().tenant.projectId}/${file?.id}`);
  expect(stored?.equals(bytes)).toBe(true);
  expect(s3.parts.size).toBe(0);
});

test('while S3 is down every route that needs it is a 503, and nothing is listed that is not there (I12)', async () => {
  const { id } = await client().files.create({ file: await toFile(Buffer.from('{}'), 'a.jsonl'), purpose });
  const upload = await client().uploads.create({ bytes: 2, filename: 'a', mime_type: 'application/jsonl', purpose });
  const part = await client().uploads.parts.create(upload.id, { data: await toFile(Buffer.from('{}'), 'part') });
  const before = (await client().files.list()).data;
  s3.refusal = { matches: /./, status: 503, code: 'ServiceUnavailable' };
  try {
    for (const attempt of [
      async () => client().files.create({ file: await toFile(Buffer.from('{}'), 'a.jsonl'), purpose }),
      () => client().files.content(id),
      () => client().files.delete(id),
      async () => client().uploads.parts.create(upload.id, { data: await toFile(Buffer.from('{}'), 'part') }),
      () => client().uploads.complete(upload.id, { part_ids: [part.id] }),
    ])
      await expect(Promise.resolve(attempt())).rejects.toMatchObject({ status: 503, code: 'overloaded' });
  } finally {
    s3.refusal = null;
  }
  expect((await client().files.list()).data).toEqual(before);
  expect((await client().uploads.complete(upload.id, { part_ids: [part.id] })).status).toBe('completed');
});
