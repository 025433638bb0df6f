/** A project: the tenant. Keys, limits, spend and everything stored belong to one. */
import * as z from 'zod/mini';
import { projectPolicySchema } from '../limits/limits.ts';

export const projectSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.int(),
  /** Unix seconds; null while the project is active. */
  archivedAt: z.nullable(z.int()),
  ...projectPolicySchema.shape,
});
export type Project = z.infer<typeof projectSchema>;

/** `organization.project` of the `openai` package. */
export const projectObject = (project: Project) => ({
  object: 'organization.project',
  id: project.id,
  name: project.name,
  created_at: project.createdAt,
  archived_at: project.archivedAt,
  status: project.archivedAt === null ? 'active' : 'archived',
  /** Of ours. */
  admission_shards: project.shards,
});
