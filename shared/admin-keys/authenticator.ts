/**
 * From a presented token to the admin whose key it is. The control plane lets it
 * in; the functions that call models recognise it, to refuse it by its right name.
 */
import { isExpired, useIsWorthNoting } from '../keys/api-key.ts';
import type { Authenticate } from '../keys/authenticator.ts';
import type { AdminCaller } from '../keys/caller.ts';
import { verify } from '../keys/digest.ts';
import { type Found, remembering } from '../keys/remembering.ts';
import { keyIdFromToken } from '../keys/token.ts';
import type { Log } from '../observability/log.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { AdminKeyStore } from './admin-key-store.ts';

export type AdminKeyAuthenticatorDeps = {
  readonly stage: string;
  readonly secrets: Pick<Secrets, 'peppers'>;
  readonly adminKeys: Pick<AdminKeyStore, 'find' | 'touch'>;
  readonly log: Log;
  readonly now: () => number;
  /** Keep `last_used_at`? Only where a key is used for what it is for. */
  readonly noteUse: boolean;
};

export function adminKeyAuthenticator(deps: AdminKeyAuthenticatorDeps): Authenticate {
  const { stage, secrets, adminKeys, log, now, noteUse } = deps;

  async function look(token: string, id: string): Promise<Found<AdminCaller> | null> {
    const nowSeconds = Math.floor(now() / 1000);
    const [stored, peppers] = await Promise.all([adminKeys.find(id), secrets.peppers()]);
    if (!verify(token, stored, peppers) || !stored || isExpired(stored, nowSeconds)) return null;
    if (noteUse && useIsWorthNoting(stored, nowSeconds)) {
      await adminKeys.touch(id, nowSeconds).catch((error: unknown) => {
        log.warn('last use of a key not noted', { apiKeyId: id, error });
      });
    }
    const { scopes, expiresAt } = stored;
    return { caller: { kind: 'admin', apiKeyId: id, scopes }, expiresAt };
  }

  return remembering({ idOf: (token) => keyIdFromToken(token, stage, 'admin'), look, now });
}
