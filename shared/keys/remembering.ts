/**
 * What an instance remembers of keys that it has checked. It answers from
 * memory for `positiveTtlMs` at most: that is the published bound within which
 * deleting a key, or whatever else ends it, takes effect.
 */
import { createHash } from 'node:crypto';
import { isExpired } from './api-key.ts';
import { boundedCache } from './bounded-cache.ts';

export const positiveTtlMs = 30_000;
const negativeTtlMs = 30_000;
const maxCachedKeys = 10_000;

export type Found<Caller> = { readonly caller: Caller; readonly expiresAt: number | null };

export type RememberingDeps<Caller> = {
  /** The public id of a token that looks right; null costs no more than that. */
  readonly idOf: (token: string) => string | null;
  readonly look: (token: string, id: string) => Promise<Found<Caller> | null>;
  readonly now: () => number;
};

export function remembering<Caller>({ idOf, look, now }: RememberingDeps<Caller>) {
  const accepted = boundedCache<Found<Caller>>(maxCachedKeys, positiveTtlMs);
  const refused = boundedCache<true>(maxCachedKeys, negativeTtlMs);

  return async (token: string): Promise<Caller | null> => {
    const id = idOf(token);
    if (id === null) return null;
    // The whole token's digest, never a part of it: https://nvd.nist.gov/vuln/detail/CVE-2026-35030
    const cacheKey = createHash('sha256').update(token).digest('base64');
    const askedAtMs = now();
    const known = accepted.get(cacheKey, askedAtMs);
    if (known) return isExpired(known, Math.floor(askedAtMs / 1000)) ? null : known.caller;
    if (refused.get(cacheKey, askedAtMs)) return null;

    const found = await look(token, id);
    // Kept from when it was asked for: what the stores said is as old as that.
    if (found) accepted.set(cacheKey, found, askedAtMs);
    else refused.set(cacheKey, true, askedAtMs);
    return found?.caller ?? null;
  };
}
