/** An admin key: it administers the organization and calls no models. Kept apart from projects' keys: docs/adr/0004. */
import * as z from 'zod/mini';
import { apiKeySchema } from '../keys/api-key.ts';

const { id, name, scopes, redactedValue, createdAt, expiresAt, lastUsedAt } = apiKeySchema.shape;

/** Times are Unix seconds; an empty list of scopes means all. */
export const adminKeySchema = z.object({
  id,
  name,
  scopes,
  redactedValue,
  createdAt,
  expiresAt,
  lastUsedAt,
  /** The admin key that created this one. */
  createdBy: z.string(),
});
export type AdminKey = z.infer<typeof adminKeySchema>;

export const storedAdminKeySchema = z.extend(adminKeySchema, { digest: z.string(), pepperVersion: z.string() });
export type StoredAdminKey = z.infer<typeof storedAdminKeySchema>;

/** `organization.admin_api_key` of the `openai` package. There are no users here: the owner is whoever made the key. */
export const adminKeyObject = (key: AdminKey) => ({
  object: 'organization.admin_api_key',
  id: key.id,
  name: key.name,
  redacted_value: key.redactedValue,
  created_at: key.createdAt,
  last_used_at: key.lastUsedAt,
  expires_at: key.expiresAt,
  scopes: key.scopes,
  owner: { object: 'organization.user', type: 'user', role: 'owner', id: key.createdBy },
});
