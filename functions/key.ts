/** GET /v1/key: what the holder of a key may do with it, and how much of that is left. */
import { projectRoutes } from '../infra/routes/projects.ts';
import { type KeyDeps, keyDeps, live } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { keyObject } from '../shared/limits/key-standing.ts';
import { countersOf } from '../shared/limits/spend.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

export const createHandler = (deps: KeyDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(projectRoutes, 'retrieveKey'), null, async ({ caller }) => {
      const counters = await countersOf(deps.counters, { id: caller.projectId, shards: caller.policy.shards });
      return json(200, keyObject(caller, counters, deps.now()));
    }),
  ]);

export const handler = buffered(createHandler(keyDeps(live(process.env))));
