/** What the control plane reads of requests about admin keys. */
import * as z from 'zod/mini';
import { pageQuery } from '../http/page.ts';
import { expiresInSeconds } from '../keys/schemas.ts';
import { adminScopes } from '../keys/scopes.ts';
import { displayName } from '../projects/schemas.ts';

export const adminKeyCreateSchema = z.strictObject({
  name: displayName,
  scopes: z.optional(z.array(z.enum(adminScopes)).check(z.maxLength(adminScopes.length))),
  expires_in_seconds: z.nullish(expiresInSeconds),
});

export const adminKeyListSchema = z.strictObject({
  ...pageQuery,
  order: z._default(z.enum(['asc', 'desc']), 'asc'),
});
