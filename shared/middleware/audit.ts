/**
 * The audit log of the control plane. Before a mutation runs, it is written down
 * that it will; after it, what became of it. A mutation that cannot be written
 * down is not done (I12).
 */
import type { MiddlewareObj, Request } from '@middy/core';
import { type AuditEntry, auditFailure, auditIdPrefix, auditIntent, auditSuccess } from '../audit-logs/audit-entry.ts';
import type { AuditLogStore } from '../audit-logs/audit-log-store.ts';
import { asGatewayError } from '../errors.ts';
import { type GatewayEvent, pathParametersOf } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { isMutation } from '../http/route.ts';
import type { IdempotencyStore } from '../idempotency/idempotency-store.ts';
import type { Log } from '../observability/log.ts';
import type { RequestContext } from './request-context.ts';

/** Where what changes the control plane is kept. */
export type MutationDeps = {
  readonly auditLogs: AuditLogStore;
  readonly idempotency: IdempotencyStore;
  readonly newId: (prefix: string) => string;
};

export type AuditDeps = { readonly mutations?: MutationDeps; readonly log: Log; readonly now: () => number };

type GatewayRequest = Request<GatewayEvent, HttpResponse, Error, RequestContext>;

export function audit({
  mutations,
  log,
  now,
}: AuditDeps): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> {
  const finish = async ({ context, error, response }: GatewayRequest): Promise<void> => {
    const { intent, audited, requestId } = context;
    if (!intent || !mutations) return;
    const finishedAt = Math.floor(now() / 1000);
    const { status, code } = error ? asGatewayError(error).row : { status: response?.status ?? 500, code: null };
    const entry: AuditEntry =
      status < 400
        ? auditSuccess(intent, audited, { finishedAt, status })
        : auditFailure(intent, { finishedAt, status, code });
    if (status < 400 && !audited) log.error('a change has not said what it changed', { requestId });
    // The change is made: its caller is told so, and the log says of the entry that stays unfinished what came of it.
    await mutations.auditLogs.complete(entry).catch((thrown: unknown) => {
      log.error('audit entry not completed', { requestId, auditLogId: intent.id, status, error: thrown });
    });
  };

  return {
    before: async ({ event, context }) => {
      const { operation, caller, requestId, answered } = context;
      const { route } = operation;
      if (!mutations || !isMutation(route) || caller.kind !== 'admin' || answered) return;
      const intent = auditIntent({
        id: mutations.newId(auditIdPrefix),
        type: route.audit ?? route.operationId,
        route: `${route.method} ${route.path}`,
        requestId,
        apiKeyId: caller.apiKeyId,
        address: event.requestContext.identity.sourceIp,
        userAgent: event.headers['user-agent'],
        params: pathParametersOf(event),
      });
      await mutations.auditLogs.begin(intent);
      context.intent = intent;
    },
    after: finish,
    onError: finish,
  };
}
