/** GET /v1/organization/audit_logs: every change of the control plane, newest first. `auditLogs` of the `openai` package. */
import { operationRoutes } from '../infra/routes/operations.ts';
import { auditLogObject } from '../shared/audit-logs/audit-log-object.ts';
import { auditPage, auditQuerySchema } from '../shared/audit-logs/audit-query.ts';
import { type AuditLogsDeps, auditLogsDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

export const createHandler = (deps: AuditLogsDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(operationRoutes, 'listAuditLogs'), auditQuerySchema, async ({ body }) =>
      json(200, pageObject(await auditPage(deps, body), auditLogObject)),
    ),
  ]);

export const handler = buffered(createHandler(auditLogsDeps(live(process.env))));
