/** /v1/organization/usage/* and /costs: sums over the ledger. `client.admin.organization.usage` of the `openai` package. */
import { operationRoutes } from '../infra/routes/operations.ts';
import { live, type UsageDeps, usageDeps } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { costsPage, costsSchema } from '../shared/usage/costs-query.ts';
import { completionsUsageSchema, otherUsageSchema, usagePage } from '../shared/usage/usage-query.ts';

export const createHandler = (deps: UsageDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(operationRoutes, 'listCompletionsUsage'), completionsUsageSchema, async ({ body }) =>
      json(200, await usagePage(deps, 'completions', body)),
    ),
    operation(routeIn(operationRoutes, 'listEmbeddingsUsage'), otherUsageSchema, async ({ body }) =>
      json(200, await usagePage(deps, 'embeddings', body)),
    ),
    operation(routeIn(operationRoutes, 'listModerationsUsage'), otherUsageSchema, async ({ body }) =>
      json(200, await usagePage(deps, 'moderations', body)),
    ),
    operation(routeIn(operationRoutes, 'listCosts'), costsSchema, async ({ body }) =>
      json(200, await costsPage(deps, body)),
    ),
  ]);

export const handler = buffered(createHandler(usageDeps(live(process.env))));
