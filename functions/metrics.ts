/** GET /v1/organization/metrics: what Prometheus scrapes, of one machine. On AWS CloudWatch has the metrics, and the route is not there. */
import { operationRoutes } from '../infra/routes/operations.ts';
import { type AdminDeps, adminGateway, live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { expositionHeaders } from '../shared/observability/host.ts';

export const createHandler = (deps: AdminDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(operationRoutes, 'getMetrics'), null, async ({ host }) => {
      if (!host) {
        throw new GatewayError('not_found', {
          message: 'Metrics to scrape are of one machine only. On AWS they are in CloudWatch, in the namespace Sluice.',
        });
      }
      return { status: 200, headers: expositionHeaders, body: await host.exposition() };
    }),
  ]);

export const handler = buffered(createHandler(adminGateway(live(process.env))));
