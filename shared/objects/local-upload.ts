/** On one machine, what an address at S3 is on AWS: whoever has it may PUT so many bytes to one key, for a while. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { UploadUrl } from './folder-objects.ts';

export type LocalUpload = { readonly key: string; readonly bytes: number };

type Signer = { readonly secret: string; readonly now: () => number };

const nowSeconds = (now: () => number): number => Math.floor(now() / 1000);

const signatureOf = (secret: string, key: string, bytes: string, expires: string): Buffer =>
  createHmac('sha256', secret)
    .update(JSON.stringify(['upload', key, bytes, expires]))
    .digest();

/** `url`: where the machine takes uploads. */
export const localUploadUrl =
  ({ secret, now }: Signer, url: string): UploadUrl =>
  async (key, bytes, expiresInSeconds) => {
    const address = new URL(url);
    const expires = `${nowSeconds(now) + expiresInSeconds}`;
    const signature = signatureOf(secret, key, `${bytes}`, expires).toString('base64url');
    address.search = `${new URLSearchParams({ key, bytes: `${bytes}`, expires, signature })}`;
    return address.href;
  };

/** What the query of such an address allows; undefined where it was not made here, or is over. */
export function localUpload({ secret, now }: Signer, query: URLSearchParams): LocalUpload | undefined {
  const [key = '', bytes = '', expires = '', signature = ''] = ['key', 'bytes', 'expires', 'signature'].map(
    (name) => query.get(name) ?? '',
  );
  const given = Buffer.from(signature, 'base64url');
  const right = signatureOf(secret, key, bytes, expires);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  return Number(expires) > nowSeconds(now) ? { key, bytes: Number(bytes) } : undefined;
}
