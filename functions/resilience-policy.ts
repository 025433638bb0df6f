/** /v1/organization/projects/{project_id}/resilience_policy: what a project wants when providers fail or its callers leave. */
import { policyRoutes } from '../infra/routes/policies.ts';
import { type ResiliencePolicyDeps, resiliencePolicyDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { changePolicy, existingProject } from '../shared/projects/active-project.ts';
import {
  resilienceAfter,
  resiliencePolicyObject,
  resiliencePolicyUpdateSchema,
} from '../shared/resilience/resilience-policy.ts';

export const createHandler = (deps: ResiliencePolicyDeps) => {
  const { projects, newSecret } = deps;

  return gatewayHandler(deps, [
    operation(routeIn(policyRoutes, 'retrieveProjectResiliencePolicy'), null, async ({ params }) => {
      const { resilience } = await existingProject(projects, params['project_id']);
      return json(200, resiliencePolicyObject(resilience));
    }),

    operation(
      routeIn(policyRoutes, 'updateProjectResiliencePolicy'),
      resiliencePolicyUpdateSchema,
      async ({ params, body, audit }) => {
        const { before, after } = await changePolicy(projects, params['project_id'], ({ resilience, cacheSecret }) => ({
          resilience: resilienceAfter(resilience, body),
          ...(cacheSecret === null && { cacheSecret: newSecret() }),
        }));
        const shown = resiliencePolicyObject(after.resilience);
        audit({ id: after.id, requested: body, before: resiliencePolicyObject(before.resilience), after: shown });
        return json(200, shown);
      },
    ),
  ]);
};

export const handler = buffered(createHandler(resiliencePolicyDeps(live(process.env))));
