/** /v1/organization/projects/{project_id}/safety_policy: what guardrails look for in a project's calls, and what they do then. */
import { policyRoutes } from '../infra/routes/policies.ts';
import { type SafetyPolicyDeps, safetyPolicyDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { changePolicy, existingProject } from '../shared/projects/active-project.ts';
import type { ProjectSafety } from '../shared/safety/policy.ts';
import { safetyPolicyObject } from '../shared/safety/policy-object.ts';
import { refuseUncheckable, safetyAfter, safetyPolicyUpdateSchema } from '../shared/safety/policy-update.ts';

export const createHandler = (deps: SafetyPolicyDeps) => {
  const { projects, defaults, catalogue, newSecret } = deps;
  const show = (safety: ProjectSafety) => safetyPolicyObject(safety, defaults);

  return gatewayHandler(deps, [
    operation(routeIn(policyRoutes, 'retrieveProjectSafetyPolicy'), null, async ({ params }) => {
      const { safety } = await existingProject(projects, params['project_id']);
      return json(200, show(safety));
    }),

    operation(
      routeIn(policyRoutes, 'updateProjectSafetyPolicy'),
      safetyPolicyUpdateSchema,
      async ({ params, body, audit }) => {
        refuseUncheckable(body, catalogue);
        const { before, after } = await changePolicy(projects, params['project_id'], ({ safety, contentSecret }) => ({
          safety: safetyAfter(safety, body),
          ...(contentSecret === null && { contentSecret: newSecret() }),
        }));
        const shown = show(after.safety);
        audit({ id: after.id, requested: body, before: show(before.safety), after: shown });
        return json(200, shown);
      },
    ),
  ]);
};

export const handler = buffered(createHandler(safetyPolicyDeps(live(process.env))));
