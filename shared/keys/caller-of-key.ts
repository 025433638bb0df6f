/** For whom a key speaks, as things are now. */
import { keyPolicySchema, projectPolicySchema } from '../limits/limits.ts';
import type { OrganizationStore } from '../organization/organization-store.ts';
import type { ProjectStore } from '../projects/project-store.ts';
import { isExpired, type StoredApiKey } from './api-key.ts';
import type { ProjectCaller } from './caller.ts';
import type { KeyStore } from './key-store.ts';

export type CallerOfKeyDeps = {
  readonly projects: Pick<ProjectStore, 'get'>;
  readonly organization: Pick<OrganizationStore, 'get'>;
};

/** Null where the project is gone or archived. */
export async function callerOfKey(
  { projects, organization }: CallerOfKeyDeps,
  stored: StoredApiKey,
): Promise<ProjectCaller | null> {
  const [project, settings] = await Promise.all([projects.get(stored.projectId), organization.get()]);
  if (!project || project.archivedAt !== null) return null;
  const { id, projectId, serviceAccountId, scopes } = stored;
  return {
    kind: 'project',
    projectId,
    apiKeyId: id,
    serviceAccountId,
    scopes,
    policy: projectPolicySchema.parse(project),
    keyPolicy: keyPolicySchema.parse(stored),
    organization: settings,
  };
}

/** For work that a key has asked for earlier. Null where it has been deleted or has expired, or its project has gone. */
export type CallerNow = (projectId: string, apiKeyId: string) => Promise<ProjectCaller | null>;

export const createCallerNow =
  ({
    keys,
    now,
    ...deps
  }: CallerOfKeyDeps & { readonly keys: Pick<KeyStore, 'find'>; readonly now: () => number }): CallerNow =>
  async (projectId, apiKeyId) => {
    const stored = await keys.find(apiKeyId);
    if (stored?.projectId !== projectId || isExpired(stored, Math.floor(now() / 1000))) return null;
    return callerOfKey(deps, stored);
  };
