/** GET /v1/models */
import { modelRoutes } from '../infra/routes/models.ts';
import { modelObject } from '../shared/catalogue/catalogue.ts';
import { live, type ModelsDeps, modelsDeps } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { mayUse } from '../shared/limits/model-permissions.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

export const createHandler = (deps: ModelsDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(modelRoutes, 'listModels'), null, async ({ caller }) =>
      json(200, {
        object: 'list',
        data: deps.catalogue
          .list()
          .filter(({ name }) => mayUse(caller.policy.modelPermissions, name))
          .map((model) => modelObject(model, deps.catalogue.builtAt)),
      }),
    ),
  ]);

export const handler = buffered(createHandler(modelsDeps(live(process.env))));
