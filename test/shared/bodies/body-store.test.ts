/** Both stores of bodies keep to the same contract: a folder, and S3 as its client speaks to it over HTTP. */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type BodyStore, bodyLifetimeDays } from '../../../shared/bodies/body-store.ts';
import { folderBodies } from '../../../shared/bodies/folder-bodies.ts';
import { s3Bodies } from '../../../shared/bodies/s3-bodies.ts';
import { projectResilienceSchema } from '../../../shared/resilience/project-resilience.ts';
import { resilienceSchema } from '../../../shared/resilience/settings.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const aws = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  dynamodbEndpoint: undefined,
};

/** Keeps what is put; says of the rest what `refusal` says, as S3 does in XML. */
const objects = new Map<string, Buffer>();
const refusal = { status: 404, code: 'NoSuchKey' };
const server = createServer(async (request, response) => {
  const key = request.url?.split('?')[0] ?? '';
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const found = objects.get(key);
  if (request.method === 'PUT') objects.set(key, Buffer.concat(chunks));
  else if (request.method === 'DELETE') {
    objects.delete(key);
    response.statusCode = 204;
  } else if (found) return response.end(found);
  else {
    response.writeHead(refusal.status, { 'content-type': 'application/xml' });
    return response.end(`<?xml version="1.0"?><Error><Code>${refusal.code}</Code><Message>no</Message></Error>`);
  }
  return response.end();
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  process.env['AWS_ENDPOINT_URL_S3'] = `http://127.0.0.1:${port}`;
});
beforeEach(() => Object.assign(refusal, { status: 404, code: 'NoSuchKey' }));
afterAll(async () => {
  delete process.env['AWS_ENDPOINT_URL_S3'];
  await new Promise((resolve) => server.close(resolve));
});

const folder = temporaryFolder();
// A name that is no label of a host is put into the path.
const inS3 = s3Bodies(aws, 'bodies_bucket');
const stores: readonly [string, BodyStore][] = [
  ['a folder', folderBodies(join(folder, 'not', 'there', 'yet'))],
  ['S3', inS3],
];

describe.each(stores)('%s', (_, bodies) => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_unused, index) => index % 251);

  test('gives back the bytes that were put under a key', async () => {
    await bodies.put('cache/proj_1/abc/1', bytes);
    expect(Buffer.from((await bodies.get('cache/proj_1/abc/1')) ?? []).equals(bytes)).toBe(true);
  });

  test('has nothing under a key that nobody has put', async () => {
    expect(await bodies.get('cache/proj_2/abc/1')).toBeUndefined();
  });

  test('has nothing any more of what was deleted, and deletes what is not there without complaint', async () => {
    await bodies.put('conversations/proj_1/conv_1/1', bytes);
    for (const _time of [1, 2]) await bodies.delete('conversations/proj_1/conv_1/1');
    expect(await bodies.get('conversations/proj_1/conv_1/1')).toBeUndefined();
  });
});

test('S3 says of a missing object that it may not be read, where the bucket may not be listed', async () => {
  Object.assign(refusal, { status: 403, code: 'AccessDenied' });
  expect(await inS3.get('cache/proj_1/none')).toBeUndefined();
});

test('any other refusal of S3 is told', async () => {
  Object.assign(refusal, { status: 403, code: 'SlowDown' });
  await expect(inS3.get('cache/proj_1/none')).rejects.toThrow();
});

test('bodies outlive the longest that a cached answer can be of use', () => {
  const longest = { ttlSeconds: 86_400, staleSeconds: 2_592_000 };
  const takes = (cache: object) => resilienceSchema.safeParse({ cache }).success;
  expect([takes(longest), takes({ ttlSeconds: 86_401 }), takes({ staleSeconds: 2_592_001 })]).toEqual([
    true,
    false,
    false,
  ]);
  expect(projectResilienceSchema.safeParse({ cacheTtlSeconds: longest.ttlSeconds + 1 }).success).toBe(false);
  expect(bodyLifetimeDays * 86_400).toBeGreaterThan(longest.ttlSeconds + longest.staleSeconds);
});
