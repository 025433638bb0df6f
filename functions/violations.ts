/** GET /v1/organization/projects/{project_id}/violations, and /violations/report: what guardrails found. Ours: OpenAI has nothing like it. */
import { policyRoutes } from '../infra/routes/policies.ts';
import { type ViolationsDeps, violationsDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { existingProject } from '../shared/projects/active-project.ts';
import type { Violation } from '../shared/violations/violation.ts';
import { violationObject, violationWithContent } from '../shared/violations/violation-object.ts';
import { violationPage, violationQuerySchema } from '../shared/violations/violation-query.ts';
import { violationReport, violationReportSchema } from '../shared/violations/violation-report.ts';

export const createHandler = (deps: ViolationsDeps) => {
  const { projects, log } = deps;

  return gatewayHandler(deps, [
    operation(routeIn(policyRoutes, 'listProjectViolations'), violationQuerySchema, async ({ params, body }) => {
      const { id, contentSecret } = await existingProject(projects, params['project_id']);
      const page = await violationPage(deps, id, body);
      const withContent = (violation: Violation) =>
        violationWithContent(contentSecret, violation, (error) =>
          log.warn('content of a violation cannot be opened', { projectId: id, violation: violation.id, error }),
        );
      const shown = pageObject(page, body.include?.includes('content') ? withContent : violationObject);
      return json(200, { ...shown, last_id: page.readUpTo ?? shown.last_id });
    }),

    operation(
      routeIn(policyRoutes, 'retrieveProjectViolationReport'),
      violationReportSchema,
      async ({ params, body }) => {
        const { id } = await existingProject(projects, params['project_id']);
        return json(200, await violationReport(deps, id, body.days));
      },
    ),
  ]);
};

export const handler = buffered(createHandler(violationsDeps(live(process.env))));
