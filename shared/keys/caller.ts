/** Who is calling, as the key alone tells. The one kind never stands in for the other. */
export type ProjectCaller = {
  readonly kind: 'project';
  readonly projectId: string;
  readonly apiKeyId: string;
  readonly serviceAccountId: string;
  /** Empty means all. */
  readonly scopes: readonly string[];
};

export type AdminCaller = { readonly kind: 'admin'; readonly apiKeyId: string; readonly scopes: readonly string[] };

export type Anyone = { readonly kind: 'anyone' };

export type Caller = ProjectCaller | AdminCaller | Anyone;
