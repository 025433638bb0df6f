/**
 * The text of an API key: `sk-sluice-<env>_<id><secret><crc>`.
 *
 * `env` says where the key belongs, `id` is public and finds the stored record,
 * `secret` is 32 base-62 digits (190 bits), and `crc` is a CRC-32 over all that
 * stands before it, so that a mistyped key is refused without any I/O and secret
 * scanners can tell a key from noise.
 */
import { crc32 } from 'node:zlib';
import { base62, randomBase62 } from '../ids.ts';

const idLength = 16;
const secretLength = 32;
const crcLength = 6;

const pattern = new RegExp(
  `^sk-sluice-([a-z0-9-]{1,24})_([0-9A-Za-z]{${idLength}})[0-9A-Za-z]{${secretLength + crcLength}}$`,
);

export type NewToken = { readonly id: string; readonly token: string };

/** A new key. The id sorts by its time of creation (`nowMs`), so that listings have an order. */
export function newToken(env: string, nowMs: number): NewToken {
  const id = base62(nowMs, 8) + randomBase62(idLength - 8);
  const unchecked = `sk-sluice-${env}_${id}${randomBase62(secretLength)}`;
  return { id: keyIdOf(id), token: unchecked + base62(crc32(unchecked), crcLength) };
}

/** The public id as the control plane shows it. */
const keyIdOf = (id: string): string => `key_${id}`;

/** The public id of a well-formed key of the stage `env`, or null. Says nothing about whether the key is valid. */
export function keyIdFromToken(token: string, env: string): string | null {
  const [, stage, id] = pattern.exec(token) ?? [];
  if (id === undefined || stage !== env) return null;
  const unchecked = token.slice(0, -crcLength);
  return token.endsWith(base62(crc32(unchecked), crcLength)) ? keyIdOf(id) : null;
}

/** Enough of a key to recognise it by: its kind and the end of its checksum. */
export const redact = (token: string): string => `${token.slice(0, token.indexOf('_') + 5)}…${token.slice(-4)}`;
