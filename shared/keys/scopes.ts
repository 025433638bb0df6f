/**
 * Scopes in OpenAI's own style: `api.<what>.<read|request|write>`. An empty list
 * means all of them; `api.all.read` stands for every scope that only reads.
 */
export const projectScopes = [
  'api.all.read',
  'api.batch.read',
  'api.batch.write',
  'api.files.read',
  'api.files.write',
  'api.model.read',
  'api.model.request',
  'api.tools.execute',
] as const;

export const adminScopes = [
  'api.all.read',
  'api.audit_logs.read',
  'api.management.read',
  'api.management.write',
  'api.usage.read',
  /** What guardrails found, and the content that projects have them keep. */
  'api.violations.read',
] as const;

export const scopeAllows = (granted: readonly string[], required: string): boolean =>
  granted.length === 0 ||
  granted.includes(required) ||
  (required.endsWith('.read') && granted.includes('api.all.read'));

/** May a key with the scopes `granted` give those of `wanted` to another? Never more than its own. */
export const mayGrant = (granted: readonly string[], wanted: readonly string[]): boolean =>
  granted.length === 0 || (wanted.length > 0 && wanted.every((scope) => scopeAllows(granted, scope)));
