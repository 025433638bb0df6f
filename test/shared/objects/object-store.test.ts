/** Both stores of objects keep to the same contract: a folder, and S3 as its client speaks to it over HTTP. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { folderObjects } from '../../../shared/objects/folder-objects.ts';
import { localUploadUrl } from '../../../shared/objects/local-upload.ts';
import type { ObjectStore } from '../../../shared/objects/object-store.ts';
import { pieceBytes, s3Objects } from '../../../shared/objects/s3-objects.ts';
import { type ScriptedBucket, scriptedBucket } from '../../support/scripted-bucket.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const pieceSize = 10_000;
const folder = join(temporaryFolder(), 'not', 'there', 'yet');
const signing = { secret: 'local', now: () => Date.parse('2026-11-22T10:00:00Z') };
const aws = (secretAccessKey = 'secret') => ({
  region: 'eu-central-1',
  credentials: { accessKeyId: 'id', secretAccessKey },
  dynamodbEndpoint: undefined,
});

let s3: ScriptedBucket;
beforeAll(async () => {
  s3 = await scriptedBucket({ partsFrom: pieceSize });
  process.env['AWS_ENDPOINT_URL_S3'] = s3.endpoint;
});
afterEach(() => {
  s3.refusal = null;
  s3.asked.length = 0;
});
afterAll(async () => {
  delete process.env['AWS_ENDPOINT_URL_S3'];
  await s3.stop();
});

// A name that is no label of a host is put into the path.
const inS3 = s3Objects(aws(), 'bodies_bucket', pieceSize);
const inFolder = folderObjects(folder, localUploadUrl(signing, 'http://localhost:8787/uploads'));

const someBytes = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, index) => index % 251));

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function* breaking(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw new Error('the sender is gone');
}

async function read(...[key, range]: Parameters<ObjectStore['read']>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of on.read(key, range)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

let on: ObjectStore = inFolder;
const stores: readonly [string, ObjectStore][] = [
  ['a folder', inFolder],
  ['S3', inS3],
];

describe.each(stores)('%s', (name, objects) => {
  beforeEach(() => {
    on = objects;
  });
  const keyOf = (file: string): string => `files/proj_1/${name === 'S3' ? 's3' : 'folder'}-${file}`;

  test.each([0, 1, pieceSize - 1, pieceSize, pieceSize + 1, 3 * pieceSize, 5 * pieceSize + 7])(
    'gives back %i bytes as they were written, whatever the chunks',
    async (length) => {
      const bytes = someBytes(length);
      for (const size of [777, pieceSize, 4 * pieceSize]) {
        const key = keyOf(`${length}-${size}`);
        expect(await objects.write(key, chunksOf(bytes, size))).toBe(length);
        expect((await read(key)).equals(bytes)).toBe(true);
        expect(await objects.size(key)).toBe(length);
      }
    },
  );

  test.each([
    [0, 1],
    [0, 25_000],
    [9_999, 10_001],
    [12_345, 12_345],
    [24_999, 25_000],
    [10, 90_000],
    [25_000, 30_000],
  ])('reads from byte %i to before byte %i, as far as there are any', async (start, end) => {
    const bytes = someBytes(25_000);
    await objects.write(keyOf('ranges'), chunksOf(bytes, 4_096));
    expect((await read(keyOf('ranges'), { start, end })).equals(bytes.subarray(start, end))).toBe(true);
  });

  test('what is written again is another object, whole', async () => {
    await objects.write(keyOf('again'), chunksOf(someBytes(25_000), 5_000));
    await objects.write(keyOf('again'), chunksOf(Buffer.from('short'), 5_000));
    expect((await read(keyOf('again'))).toString()).toBe('short');
  });

  test.each([100, 25_000])('what breaks off after %i bytes is not there, and leaves what was there', async (length) => {
    await expect(objects.write(keyOf('broken'), breaking(someBytes(length)))).rejects.toThrow('the sender is gone');
    expect(await objects.size(keyOf('broken'))).toBeUndefined();
    await objects.write(keyOf('kept'), chunksOf(Buffer.from('before'), 10));
    await expect(objects.write(keyOf('kept'), breaking(someBytes(length)))).rejects.toThrow('the sender is gone');
    expect((await read(keyOf('kept'))).toString()).toBe('before');
  });

  test('a missing object has no size, cannot be read, and is deleted without complaint', async () => {
    expect(await objects.size(keyOf('none'))).toBeUndefined();
    await expect(read(keyOf('none'))).rejects.toThrow();
    await objects.delete(keyOf('none'));
  });

  test('of what was deleted there is nothing any more', async () => {
    await objects.write(keyOf('gone'), chunksOf(someBytes(10), 10));
    await objects.delete(keyOf('gone'));
    expect(await objects.size(keyOf('gone'))).toBeUndefined();
  });

  test('a reader who has seen enough need not read on', async () => {
    await objects.write(keyOf('enough'), chunksOf(someBytes(25_000), 5_000));
    for await (const chunk of objects.read(keyOf('enough'))) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await objects.delete(keyOf('enough'));
  });
});

test('a folder keeps nothing of what broke off', async () => {
  await expect(inFolder.write('files/proj_1/torn', breaking(someBytes(100)))).rejects.toThrow();
  expect(readdirSync(join(folder, 'uploads'))).toEqual([]);
});

describe('S3', () => {
  test('what is small is put at once, what is large in parts, and read in as many pieces', async () => {
    await inS3.write('files/proj_1/small', chunksOf(someBytes(pieceSize - 1), 999));
    expect(s3.asked).toEqual(['PUT /bodies_bucket/files/proj_1/small']);
    s3.asked.length = 0;
    await inS3.write('files/proj_1/large', chunksOf(someBytes(2 * pieceSize + 1), 999));
    const path = '/bodies_bucket/files/proj_1/large';
    expect(s3.asked).toEqual([`POST ${path}`, `PUT ${path} 1`, `PUT ${path} 2`, `PUT ${path} 3`, `POST ${path}`]);
    s3.asked.length = 0;
    on = inS3;
    await read('files/proj_1/large');
    expect(s3.asked).toEqual([
      `GET ${path} bytes=0-9999`,
      `GET ${path} bytes=10000-19999`,
      `GET ${path} bytes=20000-20000`,
    ]);
  });

  test('what is written is asked for no sooner than there is room for it', async () => {
    const uploaded = () => [...s3.parts.values()].flatMap((parts) => [...parts.values()]);
    let ahead = 0;
    async function* watched(): AsyncGenerator<Uint8Array> {
      for (let pulled = 0; pulled < 40; pulled += 1) {
        const there = uploaded().reduce((sum, { length }) => sum + length, 0);
        ahead = Math.max(ahead, pulled * 5_000 - there);
        yield someBytes(5_000);
      }
    }
    expect(await inS3.write('files/proj_1/flat', watched())).toBe(200_000);
    expect(ahead).toBeLessThanOrEqual(2 * pieceSize);
  });

  test('parts are as large as S3 wants them', () => {
    expect(pieceBytes).toBeGreaterThanOrEqual(5 * 1024 * 1024);
  });

  test('parts of what broke off, or what S3 refuses, are aborted', async () => {
    await expect(inS3.write('files/proj_1/torn', breaking(someBytes(3 * pieceSize)))).rejects.toThrow();
    s3.refusal = { matches: /^PUT .* 2$/, status: 400, code: 'InvalidPart' };
    await expect(inS3.write('files/proj_1/bad', chunksOf(someBytes(3 * pieceSize), 999))).rejects.toThrow();
    expect(s3.parts.size).toBe(0);
  });

  test('an object that is replaced while it is read is not read on', async () => {
    await inS3.write('files/proj_1/moving', chunksOf(someBytes(3 * pieceSize), pieceSize));
    const reader = inS3.read('files/proj_1/moving')[Symbol.asyncIterator]();
    await reader.next();
    await inS3.write('files/proj_1/moving', chunksOf(someBytes(2 * pieceSize), 1_000));
    await expect(reader.next()).rejects.toThrow();
  });

  test('where the bucket may not be listed, a missing object is one that may not be read', async () => {
    s3.refusal = { matches: /^GET/, status: 403, code: 'AccessDenied' };
    expect(await inS3.size('files/proj_1/none')).toBeUndefined();
  });

  test('any other refusal is told', async () => {
    on = inS3;
    s3.refusal = { matches: /./, status: 403, code: 'InvalidAccessKeyId' };
    await expect(inS3.size('files/proj_1/a')).rejects.toThrow();
    await expect(read('files/proj_1/a')).rejects.toThrow();
    await expect(inS3.write('files/proj_1/a', chunksOf(someBytes(10), 10))).rejects.toThrow();
    await expect(inS3.delete('files/proj_1/a')).rejects.toThrow();
  });

  describe('an address to upload to', () => {
    const put = (address: string, body: string) => fetch(address, { method: 'PUT', body });

    test('takes the bytes that it was signed for', async () => {
      const address = await inS3.uploadUrl('uploads/proj_1/upload_1/part_1', 5, 600);
      expect((await put(address, '12345')).status).toBe(200);
      expect(`${s3.objects.get('/bodies_bucket/uploads/proj_1/upload_1/part_1')}`).toBe('12345');
    });

    test('is for so long, and its length is signed', async () => {
      const { searchParams } = new URL(await inS3.uploadUrl('uploads/proj_1/upload_1/part_2', 5, 600));
      expect(searchParams.get('X-Amz-Expires')).toBe('600');
      expect(searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;host');
    });

    test('takes neither more nor less, and nothing for another key', async () => {
      const address = await inS3.uploadUrl('uploads/proj_1/upload_1/part_3', 5, 600);
      for (const body of ['1234', '123456']) expect((await put(address, body)).status).toBe(403);
      expect((await put(address.replace('part_3', 'part_4'), '12345')).status).toBe(403);
    });

    test('has the session of a function among what is signed, and is at the host of the bucket', async () => {
      delete process.env['AWS_ENDPOINT_URL_S3'];
      const { credentials, ...rest } = aws();
      const store = s3Objects({ ...rest, credentials: { ...credentials, sessionToken: 'of the role' } }, 'bodies');
      const address = new URL(await store.uploadUrl('uploads/proj_1/upload_1/part_5', 5, 600));
      process.env['AWS_ENDPOINT_URL_S3'] = s3.endpoint;
      expect(address.host).toBe('bodies.s3.eu-central-1.amazonaws.com');
      expect(address.pathname).toBe('/uploads/proj_1/upload_1/part_5');
      expect(address.searchParams.get('X-Amz-Security-Token')).toBe('of the role');
    });
  });
});
