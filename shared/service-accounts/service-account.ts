/** A service account: a program's identity in a project. It owns API keys. */
import * as z from 'zod/mini';

export const serviceAccountSchema = z.object({
  projectId: z.string(),
  id: z.string(),
  name: z.string(),
  /** `none` where the account was created without default membership. */
  role: z.enum(['owner', 'member', 'none']),
  createdAt: z.int(),
});
export type ServiceAccount = z.infer<typeof serviceAccountSchema>;

/** `organization.project.service_account` of the `openai` package. */
export const serviceAccountObject = (account: ServiceAccount) => ({
  object: 'organization.project.service_account',
  id: account.id,
  name: account.name,
  role: account.role,
  created_at: account.createdAt,
});
