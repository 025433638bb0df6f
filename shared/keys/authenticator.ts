/**
 * From a presented token to a caller, or to nothing: a missing, malformed,
 * unknown, expired or deleted key, and one of an archived project, all look the
 * same from outside. With the caller come the limits that it is held to.
 *
 *   token ──form and checksum──▶ cache ──miss──▶ key record ──HMAC──▶ project ──▶ caller
 *
 * A warm instance answers from its cache, so revoking, and changing a limit,
 * takes up to `positiveTtlMs`: that is the published bound.
 */
import type { Log } from '../observability/log.ts';
import type { OrganizationStore } from '../organization/organization-store.ts';
import type { ProjectStore } from '../projects/project-store.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { isExpired, type StoredApiKey, useIsWorthNoting } from './api-key.ts';
import type { AdminCaller, ProjectCaller } from './caller.ts';
import { callerOfKey } from './caller-of-key.ts';
import { verify } from './digest.ts';
import type { KeyStore } from './key-store.ts';
import { type Found, remembering } from './remembering.ts';
import { keyIdFromToken } from './token.ts';

export type AuthenticatorDeps = {
  /** Keys of other stages are refused by their looks. */
  readonly stage: string;
  readonly secrets: Secrets;
  readonly keys: KeyStore;
  readonly projects: ProjectStore;
  readonly organization: Pick<OrganizationStore, 'get'>;
  readonly log: Log;
  readonly now: () => number;
  /** Keep `last_used_at`? Only where a key is used for what it is for. */
  readonly noteUse: boolean;
};

/** Who presents this token, or null for nobody. */
export type Authenticate = (token: string) => Promise<ProjectCaller | AdminCaller | null>;

export function projectKeyAuthenticator({
  stage,
  secrets,
  keys,
  projects,
  organization,
  log,
  now,
  noteUse,
}: AuthenticatorDeps): Authenticate {
  const touch = async (key: StoredApiKey, nowSeconds: number): Promise<void> => {
    if (!noteUse || !useIsWorthNoting(key, nowSeconds)) return;
    await keys.touch(key.id, nowSeconds).catch((error: unknown) => {
      log.warn('last use of a key not noted', { apiKeyId: key.id, error });
    });
  };

  async function look(token: string, id: string): Promise<Found<ProjectCaller> | null> {
    const nowSeconds = Math.floor(now() / 1000);
    const [stored, peppers] = await Promise.all([keys.find(id), secrets.peppers()]);
    if (!verify(token, stored, peppers) || !stored || isExpired(stored, nowSeconds)) return null;
    const [caller] = await Promise.all([callerOfKey({ projects, organization }, stored), touch(stored, nowSeconds)]);
    return caller && { caller, expiresAt: stored.expiresAt };
  }

  return remembering({ idOf: (token) => keyIdFromToken(token, stage), look, now });
}
