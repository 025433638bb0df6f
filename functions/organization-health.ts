/**
 * GET /v1/organization/health: is everything well that the gateway stands on? Ours: OpenAI has nothing like it. Who only
 * reads the status is served, too: 503 where calls of models cannot be.
 */
import { operationRoutes } from '../infra/routes/operations.ts';
import { live } from '../shared/deps.ts';
import { bodyOf, GatewayError } from '../shared/errors.ts';
import type { Health } from '../shared/health/health-object.ts';
import { type OrganizationHealthDeps, organizationHealthDeps } from '../shared/health-deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

const headers = { 'cache-control': 'no-store' } as const;

/** In the shape of every error (I6), with all that was found beside it. */
const down = (health: Health) => {
  const error = new GatewayError('overloaded', { message: `The gateway is down. ${health.reasons.join(' ')}` });
  return json(error.row.status, { ...health, ...bodyOf(error) }, { ...headers, 'x-should-retry': 'false' });
};

export const createHandler = (deps: OrganizationHealthDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(operationRoutes, 'retrieveHealth'), null, async ({ host }) => {
      const health = await deps.readHealth(host);
      return health.status === 'down' ? down(health) : json(200, health, headers);
    }),
  ]);

export const handler = buffered(createHandler(organizationHealthDeps(live(process.env))));
