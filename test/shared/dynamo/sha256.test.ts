import { createHash, createHmac } from 'node:crypto';
import { Sha256 } from '../../../shared/dynamo/sha256.ts';

const text = 'AWS4-HMAC-SHA256 ä';
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

async function digestOf(secret: string | Uint8Array | undefined): Promise<string> {
  const hash = new Sha256(secret);
  hash.update(text);
  return hex(await hash.digest());
}

describe('the SHA-256 that the AWS SDK signs with', () => {
  test('hashes', async () => {
    expect(await digestOf(undefined)).toBe(createHash('sha256').update(text).digest('hex'));
  });

  test('signs with a secret, whether text or bytes, and however often the same bytes are used', async () => {
    const expected = createHmac('sha256', 'secret').update(text).digest('hex');
    const bytes = Buffer.from('secret');
    expect(await Promise.all(['secret', bytes, bytes].map(digestOf))).toEqual([expected, expected, expected]);
  });

  test('reads only the part of a buffer that a view shows', async () => {
    const view = new Uint8Array(Buffer.from('not secret at all').buffer.slice(0), 0, 0);
    const hash = new Sha256(Buffer.from('xsecretx').subarray(1, 7));
    hash.update(text);
    hash.update(view);
    expect(hex(await hash.digest())).toBe(createHmac('sha256', 'secret').update(text).digest('hex'));
  });

  test('starts again after a reset', async () => {
    const hash = new Sha256('secret');
    hash.update('something else');
    hash.reset();
    hash.update(text);
    expect(hex(await hash.digest())).toBe(createHmac('sha256', 'secret').update(text).digest('hex'));
  });
});
