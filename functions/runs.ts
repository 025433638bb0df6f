/** /v1/organization/runs: requests for which the gateway ran tools, step by step, and an end to one. Ours: OpenAI has nothing like it. */
import { toolRoutes } from '../infra/routes/tools.ts';
import { type RunsDeps, runsDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { existingProject } from '../shared/projects/active-project.ts';
import { runObject, type StoredRun } from '../shared/runs/run.ts';
import { runListSchema } from '../shared/runs/schemas.ts';

export const createHandler = (deps: RunsDeps) => {
  const { projects, runs, now } = deps;

  return gatewayHandler(deps, [
    operation(routeIn(toolRoutes, 'listProjectRuns'), runListSchema, async ({ params, body }) => {
      const { id } = await existingProject(projects, params['project_id']);
      return json(200, pageObject(await runs.list(id, body), runObject));
    }),

    operation(routeIn(toolRoutes, 'retrieveRun'), null, async ({ params }) =>
      json(200, runObject(existing(await runs.find(params['run_id'] ?? '')))),
    ),

    operation(routeIn(toolRoutes, 'cancelRun'), null, async ({ params, audit }) => {
      const before = existing(await runs.find(params['run_id'] ?? ''));
      const after = existing(await runs.cancel(before.id, Math.floor(now() / 1000)));
      audit({ id: after.id, before: runObject(before), after: runObject(after) });
      return json(200, runObject(after));
    }),
  ]);
};

function existing(run: StoredRun | null): StoredRun {
  if (!run) throw new GatewayError('not_found', { message: 'There is no such run.' });
  return run;
}

export const handler = buffered(createHandler(runsDeps(live(process.env))));
