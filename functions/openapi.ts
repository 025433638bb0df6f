/** GET /v1/openapi.json */

import { operationRoutes } from '../infra/routes/operations.ts';
import { deployedRoutes, type OperationId, routes } from '../infra/routes.ts';
import { publicDeps } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { type GatewayDeps, gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { type InputSchemas, openApiDocument } from '../shared/openapi/document.ts';
import { inputSchemas } from '../shared/openapi/input-schemas.ts';

/** Every operation must have said what it reads; this line does not compile otherwise. */
const complete: InputSchemas & Record<OperationId, unknown> = inputSchemas;

export const createHandler = (deps: GatewayDeps) => {
  // Anyone may ask for it, so it is made once, for wherever this is.
  const [deployed, local] = [openApiDocument(deployedRoutes, complete), openApiDocument(routes, complete)];
  return gatewayHandler(deps, [
    operation(routeIn(operationRoutes, 'getOpenApi'), null, async ({ host }) => json(200, host ? local : deployed)),
  ]);
};

export const handler = buffered(createHandler(publicDeps()));
