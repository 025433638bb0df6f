/** GET /v1/models/{model} */
import { modelRoutes } from '../infra/routes/models.ts';
import { modelObject } from '../shared/catalogue/catalogue.ts';
import { live, type ModelsDeps, modelsDeps } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { mayUse } from '../shared/limits/model-permissions.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

export const createHandler = (deps: ModelsDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(modelRoutes, 'retrieveModel'), null, async ({ params, caller }) => {
      const name = params['model'] ?? '';
      // What the listing leaves out does not exist for this caller.
      if (!mayUse(caller.policy.modelPermissions, name)) throw new GatewayError('model_not_found', { param: 'model' });
      const model = deps.catalogue.find(name);
      return json(200, modelObject({ ...model, targets: [...model.targets] }, deps.catalogue.builtAt));
    }),
  ]);

export const handler = buffered(createHandler(modelsDeps(live(process.env))));
