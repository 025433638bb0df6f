/** /v1/organization/projects/{project_id}/request_log_policy: what is kept of a project's calls, and for how long. */
import { policyRoutes } from '../infra/routes/policies.ts';
import { live } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { changePolicy, existingProject } from '../shared/projects/active-project.ts';
import type { ProjectRequestLog } from '../shared/request-log/project-request-log.ts';
import {
  refuseUnreadable,
  requestLogAfter,
  requestLogPolicyObject,
  requestLogPolicyUpdateSchema,
} from '../shared/request-log/request-log-policy.ts';
import { type RequestLogPolicyDeps, requestLogPolicyDeps } from '../shared/request-log-deps.ts';

export const createHandler = (deps: RequestLogPolicyDeps) => {
  const { projects, defaults, hasContentKey, newSecret } = deps;
  const show = (own: ProjectRequestLog) => requestLogPolicyObject(own, defaults);

  return gatewayHandler(deps, [
    operation(routeIn(policyRoutes, 'retrieveProjectRequestLogPolicy'), null, async ({ params }) => {
      const { requestLog } = await existingProject(projects, params['project_id']);
      return json(200, show(requestLog));
    }),

    operation(
      routeIn(policyRoutes, 'updateProjectRequestLogPolicy'),
      requestLogPolicyUpdateSchema,
      async ({ params, body, audit }) => {
        refuseUnreadable(body, hasContentKey);
        const { before, after } = await changePolicy(
          projects,
          params['project_id'],
          ({ requestLog, contentSecret }) => ({
            requestLog: requestLogAfter(requestLog, body),
            // What seals content on its way to the log. Projects of before there was one have none.
            ...(contentSecret === null && { contentSecret: newSecret() }),
          }),
        );
        const shown = show(after.requestLog);
        audit({ id: after.id, requested: body, before: show(before.requestLog), after: shown });
        return json(200, shown);
      },
    ),
  ]);
};

export const handler = buffered(createHandler(requestLogPolicyDeps(live(process.env))));
