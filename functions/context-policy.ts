/** /v1/organization/projects/{project_id}/context_policy: what becomes of a project's conversations that do not fit their model's window. */
import { policyRoutes } from '../infra/routes/policies.ts';
import {
  contextAfter,
  contextPolicyObject,
  contextPolicyUpdateSchema,
  refuseUnknownModel,
} from '../shared/context/context-policy.ts';
import type { ProjectContext } from '../shared/context/project-context.ts';
import { type ContextPolicyDeps, contextPolicyDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { changePolicy, existingProject } from '../shared/projects/active-project.ts';

export const createHandler = (deps: ContextPolicyDeps) => {
  const { projects, defaults, catalogue } = deps;
  const show = (context: ProjectContext) => contextPolicyObject(context, defaults);

  return gatewayHandler(deps, [
    operation(routeIn(policyRoutes, 'retrieveProjectContextPolicy'), null, async ({ params }) => {
      const { context } = await existingProject(projects, params['project_id']);
      return json(200, show(context));
    }),

    operation(
      routeIn(policyRoutes, 'updateProjectContextPolicy'),
      contextPolicyUpdateSchema,
      async ({ params, body, audit }) => {
        refuseUnknownModel(body, catalogue);
        const { before, after } = await changePolicy(projects, params['project_id'], ({ context }) => ({
          context: contextAfter(context, body),
        }));
        const shown = show(after.context);
        audit({ id: after.id, requested: body, before: show(before.context), after: shown });
        return json(200, shown);
      },
    ),
  ]);
};

export const handler = buffered(createHandler(contextPolicyDeps(live(process.env))));
