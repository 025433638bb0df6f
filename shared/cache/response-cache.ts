/**
 * Answers that may be given again: small ones in the table, larger ones in the store of
 * bodies. Neither method throws: without the cache, calls go on as if it were empty (I12).
 */
import type { BodyStore } from '../bodies/body-store.ts';
import type { Log } from '../observability/log.ts';
import type { CacheEntry, CacheStore } from './cache-store.ts';
import { maxAnswerBytes, packed, unpacked } from './packed.ts';
import { expiryOf, type Lifetime } from './standing.ts';

export type Found = {
  readonly storedAtMs: number;
  /** Null where the body cannot be had after all. A large one is fetched only now. */
  readonly read: () => Promise<string | null>;
};

export interface ResponseCache {
  find(key: string): Promise<Found | null>;
  /** After the answer: nobody waits for it. */
  keep(key: string, text: string, lifetime: Lifetime): Promise<void>;
}

export type ResponseCacheDeps = {
  readonly store: CacheStore;
  readonly bodies: BodyStore;
  readonly log: Log;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
};

/**
 * Packed. Up to here an item costs less to write and to read than an object of S3, or hardly more, and one round
 * trip less. An embedding of 3,072 numbers fits in.
 */
export const maxItemBytes = 16 * 1024;

export function createResponseCache({ store, bodies, log, now, newId }: ResponseCacheDeps): ResponseCache {
  const bytesOf = (entry: CacheEntry): Promise<Uint8Array | undefined> =>
    entry.kept === 'here' ? Promise.resolve(entry.body) : bodies.get(entry.bodyKey);

  async function read(entry: CacheEntry): Promise<string | null> {
    try {
      const bytes = await bytesOf(entry);
      return bytes ? unpacked(bytes) : null;
    } catch (error) {
      log.warn('cached answer not read', { error });
      return null;
    }
  }

  return {
    async find(key) {
      try {
        const entry = await store.find(key);
        if (!entry || entry.expiresAt * 1000 <= now()) return null;
        return { storedAtMs: entry.storedAtMs, read: () => read(entry) };
      } catch (error) {
        log.warn('cache not read', { error });
        return null;
      }
    },

    async keep(key, text, lifetime) {
      if (Buffer.byteLength(text) > maxAnswerBytes) return;
      try {
        const body = packed(text);
        const storedAtMs = now();
        const entry = { id: key, storedAtMs, expiresAt: expiryOf(storedAtMs, lifetime) };
        if (body.byteLength <= maxItemBytes) return await store.put({ kept: 'here', ...entry, body });
        // A key of its own, so that an item never leads to the body of another answer.
        const bodyKey = `cache/${key.replace('#', '/')}/${newId('')}`;
        await bodies.put(bodyKey, body);
        await store.put({ kept: 'elsewhere', ...entry, bodyKey });
      } catch (error) {
        log.warn('answer not cached', { error });
      }
    },
  };
}
