/** What is larger than an answer is where an address says; and nothing is begun that cannot be read. */

import type { StoredFile } from '../../../shared/files/file.ts';
import { contentOf, type FileContentDeps } from '../../../shared/files/file-content.ts';
import { s3Objects } from '../../../shared/objects/s3-objects.ts';
import { type ScriptedBucket, scriptedBucket } from '../../support/scripted-bucket.ts';

let s3: ScriptedBucket;
beforeAll(async () => {
  s3 = await scriptedBucket();
  process.env['AWS_ENDPOINT_URL_S3'] = s3.endpoint;
});
afterAll(async () => {
  delete process.env['AWS_ENDPOINT_URL_S3'];
  await s3.stop();
});

const objects = s3Objects(
  {
    region: 'eu-central-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    dynamodbEndpoint: undefined,
  },
  'bodies_bucket',
);
const file = (bytes: number): StoredFile => ({
  projectId: 'proj_1',
  id: 'file-1',
  filename: 'a.jsonl',
  purpose: 'batch',
  bytes,
  createdAt: 1,
  expiresAt: null,
  objectKey: 'files/proj_1/file-1',
});
const megabyte = 1024 * 1024;

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

test.each<[FileContentDeps['responseMode'], number]>([
  ['buffered', 3 * megabyte],
  ['stream', 200 * megabyte],
])(
  '%s: up to %i bytes are the answer itself, and any more are at an address that needs no key',
  async (responseMode, most) => {
    await objects.write('files/proj_1/file-1', once('content'));
    expect(await contentOf({ objects, responseMode }, file(most))).toMatchObject({ status: 200 });
    const { status, headers } = await contentOf({ objects, responseMode }, file(most + 1));
    expect(status).toBe(302);
    const { searchParams } = new URL(headers['location'] ?? '');
    expect(searchParams.get('X-Amz-Expires')).toBe('60');
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('host');
    expect(await (await fetch(headers['location'] ?? '')).text()).toBe('content');
  },
);

test('where the bytes cannot be read the answer is a 503 (I12)', async () => {
  const missing = { ...file(7), objectKey: 'files/proj_1/file-2' };
  await expect(contentOf({ objects, responseMode: 'stream' }, missing)).rejects.toMatchObject({ why: 'overloaded' });
});
