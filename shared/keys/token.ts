/**
 * The text of a key: `sk-sluice-<env>_<id><secret><crc>` for a project's API
 * key, `sk-sluice-admin-<env>_<id><secret><crc>` for an admin key.
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

const body = new RegExp(`^([0-9A-Za-z]{${idLength}})[0-9A-Za-z]{${secretLength + crcLength}}$`);

export type KeyKind = 'project' | 'admin';

/** A stage may be called `admin-…` as well: whoever reads a key knows the stage, and so never takes the one for the other. */
const prefixOf = (kind: KeyKind, env: string): string => `sk-sluice-${kind === 'admin' ? 'admin-' : ''}${env}_`;

export type NewToken = { readonly id: string; readonly token: string };

/** A new key. The id sorts by its time of creation (`nowMs`), so that listings have an order. */
export function newToken(env: string, nowMs: number, kind: KeyKind = 'project'): NewToken {
  const id = base62(nowMs, 8) + randomBase62(idLength - 8);
  const unchecked = `${prefixOf(kind, env)}${id}${randomBase62(secretLength)}`;
  return { id: keyIdOf(id), token: unchecked + base62(crc32(unchecked), crcLength) };
}

/** The public id as the control plane shows it. */
const keyIdOf = (id: string): string => `key_${id}`;

/** The public id of a well-formed key of the stage `env`, or null. Says nothing about whether the key is valid. */
export function keyIdFromToken(token: string, env: string, kind: KeyKind = 'project'): string | null {
  const prefix = prefixOf(kind, env);
  if (!token.startsWith(prefix)) return null;
  const [, id] = body.exec(token.slice(prefix.length)) ?? [];
  if (id === undefined) return null;
  const unchecked = token.slice(0, -crcLength);
  return token.endsWith(base62(crc32(unchecked), crcLength)) ? keyIdOf(id) : null;
}

/** Enough of a key to recognise it by: its kind and the end of its checksum. */
export const redact = (token: string): string => `${token.slice(0, token.indexOf('_') + 5)}…${token.slice(-4)}`;
