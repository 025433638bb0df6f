/** An API key of a project, as it is stored and as the control plane shows it. */
import * as z from 'zod/mini';
import { keyPolicySchema } from '../limits/limits.ts';
import type { ServiceAccount } from '../service-accounts/service-account.ts';
import { keyPolicyObject } from './key-policy.ts';

/** What a listing holds: everything but the digest. Times are Unix seconds. */
export const apiKeySchema = z.object({
  id: z.string(),
  projectId: z.string(),
  serviceAccountId: z.string(),
  name: z.string(),
  /** Empty means all. */
  scopes: z.array(z.string()),
  redactedValue: z.string(),
  createdAt: z.int(),
  expiresAt: z.nullable(z.int()),
  /** Kept to the hour, and only as well as that costs nothing. */
  lastUsedAt: z.nullable(z.int()),
  ...keyPolicySchema.shape,
});
export type ApiKey = z.infer<typeof apiKeySchema>;

export const storedApiKeySchema = z.extend(apiKeySchema, { digest: z.string(), pepperVersion: z.string() });
export type StoredApiKey = z.infer<typeof storedApiKeySchema>;

export const isExpired = (key: Pick<ApiKey, 'expiresAt'>, nowSeconds: number): boolean =>
  key.expiresAt !== null && key.expiresAt <= nowSeconds;

/** `last_used_at` is kept to the hour, so that it costs a write an hour and not one a request. */
const touchAfterSeconds = 3_600;

export const useIsWorthNoting = ({ lastUsedAt }: Pick<ApiKey, 'lastUsedAt'>, nowSeconds: number): boolean =>
  lastUsedAt === null || nowSeconds - lastUsedAt >= touchAfterSeconds;

/** `organization.project.api_key` of the `openai` package. */
export const projectApiKeyObject = (key: ApiKey, owner: ServiceAccount | undefined) => ({
  object: 'organization.project.api_key',
  id: key.id,
  name: key.name,
  redacted_value: key.redactedValue,
  created_at: key.createdAt,
  last_used_at: key.lastUsedAt,
  expires_at: key.expiresAt,
  scopes: key.scopes,
  ...keyPolicyObject(key),
  owner: {
    type: 'service_account',
    ...(owner && {
      service_account: { id: owner.id, name: owner.name, created_at: owner.createdAt, role: owner.role },
    }),
  },
  owner_project_access: owner ? 'active' : 'inactive',
});

/** `organization.project.service_account.api_key`: the one answer that holds the key itself. */
export const newApiKeyObject = (key: ApiKey, value: string) => ({
  object: 'organization.project.service_account.api_key',
  id: key.id,
  name: key.name,
  value,
  created_at: key.createdAt,
  expires_at: key.expiresAt,
});
