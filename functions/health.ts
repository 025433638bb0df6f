/** GET /v1/health: shallow and cheap, for load balancers and for `npm start`'s first line. */
import { operationRoutes } from '../infra/routes/operations.ts';
import { publicDeps } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { type GatewayDeps, gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

/** Whoever asks at every turn may be answered by what stands between. */
const cacheable = { 'cache-control': 'public, max-age=5' } as const;

export const createHandler = (deps: GatewayDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(operationRoutes, 'getHealth'), null, async () => json(200, { status: 'ok' }, cacheable)),
  ]);

export const handler = buffered(createHandler(publicDeps()));
