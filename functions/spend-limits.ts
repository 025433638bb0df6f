/** What may be spent a month: /v1/organization/spend_limit and that of each project. `spendLimit` of the `openai` package. */
import { routeOf } from '../infra/routes.ts';
import { type SpendLimitsDeps, spendLimitsDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { spendLimitSchema } from '../shared/limits/schemas.ts';
import { microUsdOf, spendLimitObject } from '../shared/limits/spend-limit.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { changePolicy, existingProject } from '../shared/projects/active-project.ts';

const unset = () =>
  new GatewayError('not_found', { message: 'There is no spend limit. Whatever is spent is let pass.' });

export const createHandler = (deps: SpendLimitsDeps) => {
  const { projects, organization, spend } = deps;

  const shownFor = async (projectId: string, limitMicroUsd: number) =>
    json(200, spendLimitObject('project', limitMicroUsd, await spend.monthMicroUsd(projectId)));
  const shown = async (limitMicroUsd: number) =>
    json(200, spendLimitObject('organization', limitMicroUsd, await spend.organizationMonthMicroUsd()));

  return gatewayHandler(deps, [
    operation(routeOf('retrieveProjectSpendLimit'), null, async ({ params }) => {
      const { id, spendLimitMicroUsd } = await existingProject(projects, params['project_id']);
      if (spendLimitMicroUsd === null) throw unset();
      return shownFor(id, spendLimitMicroUsd);
    }),

    operation(routeOf('updateProjectSpendLimit'), spendLimitSchema, async ({ params, body }) => {
      const spendLimitMicroUsd = microUsdOf(body);
      const { id } = await changePolicy(projects, params['project_id'], () => ({ spendLimitMicroUsd }));
      return shownFor(id, spendLimitMicroUsd);
    }),

    operation(routeOf('deleteProjectSpendLimit'), null, async ({ params }) => {
      await changePolicy(projects, params['project_id'], (project) => {
        if (project.spendLimitMicroUsd === null) throw unset();
        return { spendLimitMicroUsd: null };
      });
      return json(200, { object: 'project.spend_limit.deleted', deleted: true });
    }),

    operation(routeOf('retrieveOrganizationSpendLimit'), null, async () => {
      const { spendLimitMicroUsd } = await organization.get();
      if (spendLimitMicroUsd === null) throw unset();
      return shown(spendLimitMicroUsd);
    }),

    operation(routeOf('updateOrganizationSpendLimit'), spendLimitSchema, async ({ body }) => {
      const spendLimitMicroUsd = microUsdOf(body);
      await organization.setSpendLimit(spendLimitMicroUsd);
      return shown(spendLimitMicroUsd);
    }),

    operation(routeOf('deleteOrganizationSpendLimit'), null, async () => {
      const before = await organization.setSpendLimit(null);
      if (before.spendLimitMicroUsd === null) throw unset();
      return json(200, { object: 'organization.spend_limit.deleted', deleted: true });
    }),
  ]);
};

export const handler = buffered(createHandler(spendLimitsDeps(live(process.env))));
