/** What tells that a request which appends is one that came before, and is to append nothing more. Pure. */
import { createHash } from 'node:crypto';
import { keptSeconds, presentedKey } from '../idempotency/presented-key.ts';

export type AppendToken = {
  readonly token: string;
  readonly bodyDigest: string;
  /** May the same have been meant twice? Then only a retry, which says so, is taken for a repetition. */
  readonly isRetry: boolean;
  readonly isKeyed: boolean;
  /** Unix milliseconds of the request. */
  readonly receivedAtMs: number;
  readonly expiresAt: number;
};

export type Appending = {
  readonly apiKeyId: string;
  /** With the conversation that it names. */
  readonly path: string;
  readonly body: unknown;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly receivedAtMs: number;
};

/** Longer than any SDK tries. */
const unkeyedSeconds = 3_600;

const digest = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/** Throws the caller's error where the Idempotency-Key is none that could be kept. */
export function appendTokenOf({ apiKeyId, path, body, headers, receivedAtMs }: Appending): AppendToken {
  const key = presentedKey({ headers });
  const bodyDigest = digest(JSON.stringify(body));
  const isKeyed = key !== undefined;
  return {
    token: key === undefined ? `d.${digest(apiKeyId, path, bodyDigest)}` : `k.${digest(apiKeyId, path, key)}`,
    bodyDigest,
    isRetry: /^[1-9]\d{0,2}$/.test(headers['x-stainless-retry-count'] ?? ''),
    isKeyed,
    receivedAtMs,
    expiresAt: Math.ceil(receivedAtMs / 1000) + (isKeyed ? keptSeconds : unkeyedSeconds),
  };
}
