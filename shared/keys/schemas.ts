/** What the control plane reads of requests about API keys and the service accounts that own them. */
import * as z from 'zod/mini';
import { pageQuery } from '../http/page.ts';
import { keyRateLimitSchema, spendLimitSchema } from '../limits/schemas.ts';
import { displayName } from '../projects/schemas.ts';
import { projectScopes } from './scopes.ts';

/** Ten years at most: longer is a slip of the keyboard. */
export const expiresInSeconds = z.int().check(z.minimum(1), z.maximum(315_360_000));
const scopes = z.array(z.enum(projectScopes)).check(z.maxLength(projectScopes.length));

export const serviceAccountCreateSchema = z.strictObject({
  name: displayName,
  create_service_account_only: z.nullish(z.boolean()),
  expires_in_seconds: z.nullish(expiresInSeconds),
});

export const serviceAccountUpdateSchema = z.strictObject({
  name: z.optional(displayName),
  role: z.optional(z.enum(['member', 'owner'])),
});

/** Limits of the key's own, besides its project's: an extension of ours. */
const policy = { rate_limit: z.nullish(keyRateLimitSchema), spend_limit: z.nullish(spendLimitSchema) };

export const apiKeyCreateSchema = z.strictObject({
  name: z.optional(displayName),
  scopes: z.optional(scopes),
  expires_in_seconds: z.nullish(expiresInSeconds),
  ...policy,
});

export const apiKeyUpdateSchema = z.strictObject({
  scopes: z.optional(scopes),
  expires_in_seconds: z.optional(expiresInSeconds),
  ...policy,
});

export const apiKeyListSchema = z.strictObject({
  ...pageQuery,
  owner_project_access: z.optional(z.enum(['active', 'inactive', 'any'])),
});

export const listSchema = z.strictObject(pageQuery);
