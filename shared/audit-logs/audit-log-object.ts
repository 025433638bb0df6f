/** An entry as `client.admin.organization.auditLogs` of the `openai` package reads it, with what it lacks besides. */
import type { AuditEntry } from './audit-entry.ts';

/** OpenAI keeps what was asked for under `data` where something was made, and under `changes_requested` where it was changed. */
function detailsOf(entry: Extract<AuditEntry, { outcome: 'succeeded' }>): object {
  const { type, objectId: id, requested } = entry;
  if (requested === null) return { id };
  return type.endsWith('.updated') ? { id, changes_requested: requested } : { id, data: requested };
}

export const auditLogObject = (entry: AuditEntry) => ({
  id: entry.id,
  type: entry.type,
  effective_at: entry.effectiveAt,
  ...(entry.projectId !== null && { project: { id: entry.projectId } }),
  actor: {
    type: 'api_key',
    api_key: { id: entry.actor.apiKeyId },
    session: { ip_address: entry.actor.address, user_agent: entry.actor.userAgent },
  },
  ...(entry.outcome === 'succeeded' && { [entry.type]: detailsOf(entry), before: entry.before, after: entry.after }),
  // Unfinished for longer than a function may run: it was killed, and whether the change was made is not known.
  outcome: entry.outcome,
  status: entry.outcome === 'unfinished' ? null : entry.status,
  error_code: entry.outcome === 'failed' ? entry.code : null,
  resource_ids: entry.resourceIds,
  request_id: entry.requestId,
  route: entry.route,
});
