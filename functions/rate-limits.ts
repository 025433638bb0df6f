/** /v1/organization/projects/{project_id}/rate_limits. `projects.rateLimits` of the `openai` package. */
import { limitRoutes } from '../infra/routes/limits.ts';
import { type RateLimitsDeps, rateLimitsDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { modelOfRateLimit, rateLimitObject, wholeProject } from '../shared/limits/rate-limit.ts';
import { policyAfter, rateLimitPage } from '../shared/limits/rate-limits.ts';
import { rateLimitListSchema, rateLimitUpdateSchema } from '../shared/limits/schemas.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { changePolicy, existingProject } from '../shared/projects/active-project.ts';
import type { Project } from '../shared/projects/project.ts';

const missing = () => new GatewayError('not_found', { message: 'The project has no such rate limit.' });

export const createHandler = (deps: RateLimitsDeps) => {
  const { projects, catalogue } = deps;

  /** A limit whose model has left the catalogue can still be seen, and taken away. */
  const applies = ({ modelLimits }: Project, model: string): boolean =>
    model === wholeProject || Object.hasOwn(modelLimits, model) || catalogue.has(model);

  return gatewayHandler(deps, [
    operation(routeIn(limitRoutes, 'listProjectRateLimits'), rateLimitListSchema, async ({ params, body }) => {
      const project = await existingProject(projects, params['project_id']);
      const models = new Set([...catalogue.list().map(({ name }) => name), ...Object.keys(project.modelLimits)]);
      const page = rateLimitPage([...models], body);
      return json(
        200,
        pageObject(page, (model) => rateLimitObject(project, model)),
      );
    }),

    operation(
      routeIn(limitRoutes, 'updateProjectRateLimit'),
      rateLimitUpdateSchema,
      async ({ params, body, audit }) => {
        const model = modelOfRateLimit(params['rate_limit_id'] ?? '');
        const { before, after } = await changePolicy(projects, params['project_id'], (project) => {
          if (model === null || !applies(project, model)) throw missing();
          return policyAfter(project, model, body);
        });
        const shown = (project: Project) => rateLimitObject(project, model ?? wholeProject);
        audit({ id: shown(after).id, requested: body, before: shown(before), after: shown(after) });
        return json(200, shown(after));
      },
    ),
  ]);
};

export const handler = buffered(createHandler(rateLimitsDeps(live(process.env))));
