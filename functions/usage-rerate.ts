/** POST /v1/organization/usage/rerate: the ledger of a period at the prices of today. Ours, in OpenAI's manner. */
import { operationRoutes } from '../infra/routes/operations.ts';
import { type RerateUsageDeps, rerateUsageDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { refuseUnsettled, reratedPage } from '../shared/rerating/rerate.ts';
import { rerateSchema } from '../shared/rerating/schemas.ts';

/** Of the 29 seconds that API Gateway waits: what is under way by then is still written. */
const readingMs = 12_000;

export const createHandler = (deps: RerateUsageDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(operationRoutes, 'rerateUsage'), rerateSchema, async ({ body, receivedAtMs, signal, audit }) => {
      refuseUnsettled(body, deps.now());
      const isTimeUp = () => signal.aborted || deps.now() - receivedAtMs > readingMs;
      const page = await reratedPage(deps, body, isTimeUp);
      const { project_id } = body;
      audit({
        id: project_id ?? 'organization',
        ...(project_id !== undefined && { projectId: project_id }),
        requested: body,
        after: page,
      });
      return json(200, page);
    }),
  ]);

export const handler = buffered(createHandler(rerateUsageDeps(live(process.env))));
