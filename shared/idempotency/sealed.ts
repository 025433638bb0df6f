/**
 * Names and seals what is kept of a mutation under an Idempotency-Key. Answers
 * hold new keys in full, so both come from the token that was presented, which
 * is kept nowhere: whoever cannot present it can neither find an answer nor read
 * one. docs/adr/0034
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { sealWith, unsealWith } from '../sealing/aes-gcm.ts';

const derived = (token: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', token, '', `sluice idempotency ${purpose}`, 32));

export type Naming = { readonly id: string; readonly bodyDigest: string };

/** The row of this key for this method and path, and the digest of the body that goes with it. */
export function nameOf(
  token: string,
  { method, path, key, body }: Readonly<Record<'method' | 'path' | 'key' | 'body', string>>,
): Naming {
  const naming = derived(token, 'name');
  const digest = (text: string) => createHmac('sha256', naming).update(text).digest('base64url');
  return { id: digest(JSON.stringify([method, path, key])), bodyDigest: digest(`body ${body}`) };
}

/** A key of its own for every row, and a row is sealed once: no nonce meets a key again. */
export const seal = (token: string, id: string, text: string, nonce: Buffer): Uint8Array =>
  sealWith(derived(token, `answer ${id}`), text, nonce);

/** Throws where the text was not sealed for this token and row. */
export const unseal = (token: string, id: string, sealed: Uint8Array): string =>
  unsealWith(derived(token, `answer ${id}`), sealed);
