/** /v1/organization/projects/{project_id}/model_permissions. `projects.modelPermissions` of the `openai` package. */
import { limitRoutes } from '../infra/routes/limits.ts';
import { modelPermissionsDeps } from '../shared/control-plane-deps.ts';
import { type AdminDeps, live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { modelPermissionsObject } from '../shared/limits/model-permissions.ts';
import { modelPermissionsUpdateSchema } from '../shared/limits/schemas.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { changePolicy, existingProject } from '../shared/projects/active-project.ts';

const unset = () =>
  new GatewayError('not_found', { message: 'The project has no model permissions. It may use every model.' });

export const createHandler = (deps: AdminDeps) => {
  const { projects } = deps;

  return gatewayHandler(deps, [
    operation(routeIn(limitRoutes, 'retrieveProjectModelPermissions'), null, async ({ params }) => {
      const { modelPermissions } = await existingProject(projects, params['project_id']);
      if (modelPermissions === null) throw unset();
      return json(200, modelPermissionsObject(modelPermissions));
    }),

    operation(
      routeIn(limitRoutes, 'updateProjectModelPermissions'),
      modelPermissionsUpdateSchema,
      async ({ params, body, audit }) => {
        const modelPermissions = { mode: body.mode, modelIds: body.model_ids };
        const { before } = await changePolicy(projects, params['project_id'], () => ({ modelPermissions }));
        audit({
          id: before.id,
          requested: body,
          before: before.modelPermissions ? modelPermissionsObject(before.modelPermissions) : undefined,
          after: modelPermissionsObject(modelPermissions),
        });
        return json(200, modelPermissionsObject(modelPermissions));
      },
    ),

    operation(routeIn(limitRoutes, 'deleteProjectModelPermissions'), null, async ({ params, audit }) => {
      const { before } = await changePolicy(projects, params['project_id'], ({ modelPermissions }) => {
        if (modelPermissions === null) throw unset();
        return { modelPermissions: null };
      });
      const { id, modelPermissions } = before;
      audit({ id, before: modelPermissions ? modelPermissionsObject(modelPermissions) : undefined });
      return json(200, { object: 'project.model_permissions.deleted', deleted: true });
    }),
  ]);
};

export const handler = buffered(createHandler(modelPermissionsDeps(live(process.env))));
