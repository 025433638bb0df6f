/** Who is calling, as the key alone tells. The one kind never stands in for the other. */
import type { KeyPolicy, ProjectPolicy } from '../limits/limits.ts';
import type { Organization } from '../organization/organization.ts';

export type ProjectCaller = {
  readonly kind: 'project';
  readonly projectId: string;
  readonly apiKeyId: string;
  readonly serviceAccountId: string;
  /** Empty means all. */
  readonly scopes: readonly string[];
  /** What the call is held to. As old as the instance's memory of the key: `positiveTtlMs` at most. */
  readonly policy: ProjectPolicy;
  readonly keyPolicy: KeyPolicy;
  readonly organization: Organization;
};

export type AdminCaller = { readonly kind: 'admin'; readonly apiKeyId: string; readonly scopes: readonly string[] };

export type Anyone = { readonly kind: 'anyone' };

export type Caller = ProjectCaller | AdminCaller | Anyone;
