/**
 * The root admin key: any string, kept as a secret that only the control plane
 * may read. The functions that call models must not hold it, yet should tell its
 * owner that it is the wrong kind of key, so they know its digest: the control
 * plane leaves that with the keys it makes, before there is any project's key.
 */
import type { Log } from '../observability/log.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Authenticate } from './authenticator.ts';
import { boundedCache } from './bounded-cache.ts';
import type { AdminCaller } from './caller.ts';
import { type Digest, digestOf, verify } from './digest.ts';
import type { KeyStore } from './key-store.ts';

const caller: AdminCaller = { kind: 'admin', apiKeyId: 'key_root', scopes: [] };

type ControlPlaneDeps = {
  readonly secrets: Secrets;
  readonly log: Log;
  /** Where the digest is left; null in functions that may not write keys. */
  readonly keys: Pick<KeyStore, 'rememberRoot'> | null;
};

/** For the control plane: compares with the secret itself, both under the pepper, so that their lengths do not matter. */
export function rootKeyAuthenticator({ secrets, log, keys }: ControlPlaneDeps): Authenticate {
  let remembered = keys === null;
  return async (token) => {
    const [root, peppers] = await Promise.all([secrets.adminKey(), secrets.peppers()]);
    const digest = digestOf(root, peppers);
    if (!verify(token, digest, peppers)) return null;
    if (!remembered) {
      remembered = true;
      // Without it the models' functions answer this key with 401 in place of 403, and no more than that.
      await keys
        ?.rememberRoot(digest)
        .catch((error: unknown) => log.warn('digest of the root key not kept', { error }));
    }
    return caller;
  };
}

const digestTtlMs = 60_000;

type ModelPlaneDeps = {
  readonly secrets: Secrets;
  readonly keys: Pick<KeyStore, 'findRoot'>;
  readonly now: () => number;
};

/** For the functions that call models: recognises the root key, to refuse it by its right name. */
export function rootKeyRecogniser({ secrets, keys, now }: ModelPlaneDeps): Authenticate {
  const cache = boundedCache<Digest | 'none'>(1, digestTtlMs);
  const digest = async (): Promise<Digest | 'none'> => {
    const askedAtMs = now();
    const known = cache.get('root', askedAtMs);
    if (known) return known;
    const found = (await keys.findRoot()) ?? 'none';
    cache.set('root', found, askedAtMs);
    return found;
  };
  return async (token) => {
    const kept = await digest();
    return kept !== 'none' && verify(token, kept, await secrets.peppers()) ? caller : null;
  };
}
