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
import { createHash } from 'node:crypto';
import { keyPolicySchema, projectPolicySchema } from '../limits/limits.ts';
import type { Log } from '../observability/log.ts';
import type { OrganizationStore } from '../organization/organization-store.ts';
import type { ProjectStore } from '../projects/project-store.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { isExpired, type StoredApiKey } from './api-key.ts';
import { boundedCache } from './bounded-cache.ts';
import type { AdminCaller, ProjectCaller } from './caller.ts';
import { verify } from './digest.ts';
import type { KeyStore } from './key-store.ts';
import { keyIdFromToken } from './token.ts';

export const positiveTtlMs = 30_000;
const negativeTtlMs = 30_000;
const maxCachedKeys = 10_000;
/** `last_used_at` is kept to the hour, so that it costs a write an hour and not one a request. */
const touchAfterSeconds = 3_600;

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

type Cached = { readonly caller: ProjectCaller; readonly expiresAt: number | null };

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
  const accepted = boundedCache<Cached>(maxCachedKeys, positiveTtlMs);
  const refused = boundedCache<true>(maxCachedKeys, negativeTtlMs);

  const touch = async (key: StoredApiKey, nowSeconds: number): Promise<void> => {
    if (!noteUse) return;
    if (key.lastUsedAt !== null && nowSeconds - key.lastUsedAt < touchAfterSeconds) return;
    await keys.touch(key.id, nowSeconds).catch((error: unknown) => {
      log.warn('last use of a key not noted', { apiKeyId: key.id, error });
    });
  };

  async function look(token: string, id: string): Promise<Cached | null> {
    const nowSeconds = Math.floor(now() / 1000);
    const [stored, peppers] = await Promise.all([keys.find(id), secrets.peppers()]);
    if (!verify(token, stored, peppers) || !stored || isExpired(stored, nowSeconds)) return null;
    const [project, settings] = await Promise.all([
      projects.get(stored.projectId),
      organization.get(),
      touch(stored, nowSeconds),
    ]);
    if (!project || project.archivedAt !== null) return null;
    const { projectId, serviceAccountId, scopes, expiresAt } = stored;
    const caller: ProjectCaller = {
      kind: 'project',
      projectId,
      apiKeyId: id,
      serviceAccountId,
      scopes,
      policy: projectPolicySchema.parse(project),
      keyPolicy: keyPolicySchema.parse(stored),
      organization: settings,
    };
    return { caller, expiresAt };
  }

  return async (token) => {
    const id = keyIdFromToken(token, stage);
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
