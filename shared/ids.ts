/** Identifiers: base 62, and in the order of their creation, so that a listing sorted by id is sorted by time. */
import { randomBytes, randomInt } from 'node:crypto';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `number` in base 62, left-padded to `length` digits. The digits are in ASCII order, so the text sorts as the number. */
export function base62(number: number, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest = Math.floor(rest / 62)) text = digits[rest % 62] + text;
  return text;
}

/** One of so many, from 0. */
export const randomIndex = (count: number): number => randomInt(count);

/** In [0, 1), for waits: cheap, and no secret. */
export const randomShare = (): number => Math.random();

export const randomBase62 = (length: number): string =>
  Array.from({ length }, () => digits[randomInt(digits.length)]).join('');

/** What `base62` has written. */
export const fromBase62 = (text: string): number =>
  [...text].reduce((number, digit) => number * 62 + digits.indexOf(digit), 0);

/** When a sortable id was made, in milliseconds. */
export const timeOf = (id: string): number => fromBase62(id.slice(-20, -12));

/** 256 bits, for an HMAC. */
export const randomSecret = (): string => randomBytes(32).toString('base64url');

/** So many digits, for the ids of traces. */
export const randomHex = (length: number): string =>
  randomBytes(Math.ceil(length / 2))
    .toString('hex')
    .slice(0, length);

/** For AES-GCM: 96 bits. */
export const randomNonce = (): Buffer => randomBytes(12);

/** 8 digits of milliseconds and 12 random ones (71 bits). */
export const sortableId = (prefix: string, nowMs: number): string => `${prefix}${base62(nowMs, 8)}${randomBase62(12)}`;
