/** /v1/organization/usage/* and /costs: sums over the ledger. `client.admin.organization.usage` of the `openai` package. */
import { routeOf } from '../infra/routes.ts';
import { live, type UsageDeps, usageDeps } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { costsPage, costsSchema } from '../shared/usage/costs-query.ts';
import { completionsUsageSchema, otherUsageSchema, usagePage } from '../shared/usage/usage-query.ts';

export const createHandler = (deps: UsageDeps) =>
  gatewayHandler(deps, [
    operation(routeOf('listCompletionsUsage'), completionsUsageSchema, async ({ body }) =>
      json(200, await usagePage(deps, 'completions', body)),
    ),
    operation(routeOf('listEmbeddingsUsage'), otherUsageSchema, async ({ body }) =>
      json(200, await usagePage(deps, 'embeddings', body)),
    ),
    operation(routeOf('listModerationsUsage'), otherUsageSchema, async ({ body }) =>
      json(200, await usagePage(deps, 'moderations', body)),
    ),
    operation(routeOf('listCosts'), costsSchema, async ({ body }) => json(200, await costsPage(deps, body))),
  ]);

export const handler = buffered(createHandler(usageDeps(live(process.env))));
