/** What may be spent a month: /v1/organization/spend_limit and that of each project. `spendLimit` of the `openai` package. */
import { limitRoutes } from '../infra/routes/limits.ts';
import { type SpendLimitsDeps, spendLimitsDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { bookAllSpent } from '../shared/limits/book-spent.ts';
import { spendLimitSchema } from '../shared/limits/schemas.ts';
import { microUsdOf, spendLimitObject } from '../shared/limits/spend-limit.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { changePolicy, existingProject } from '../shared/projects/active-project.ts';

const unset = () =>
  new GatewayError('not_found', { message: 'There is no spend limit. Whatever is spent is let pass.' });

const audited = ({ spendLimitMicroUsd }: { readonly spendLimitMicroUsd: number | null }) => ({
  spend_limit_micro_usd: spendLimitMicroUsd,
});

export const createHandler = (deps: SpendLimitsDeps) => {
  const { projects, organization, spend } = deps;

  const shownFor = async (projectId: string, limitMicroUsd: number) =>
    json(200, spendLimitObject('project', limitMicroUsd, await spend.monthMicroUsd(projectId)));
  const shown = async (limitMicroUsd: number) =>
    json(200, spendLimitObject('organization', limitMicroUsd, await spend.organizationMonthMicroUsd()));

  return gatewayHandler(deps, [
    operation(routeIn(limitRoutes, 'retrieveProjectSpendLimit'), null, async ({ params }) => {
      const { id, spendLimitMicroUsd } = await existingProject(projects, params['project_id']);
      if (spendLimitMicroUsd === null) throw unset();
      return shownFor(id, spendLimitMicroUsd);
    }),

    operation(routeIn(limitRoutes, 'updateProjectSpendLimit'), spendLimitSchema, async ({ params, body, audit }) => {
      const spendLimitMicroUsd = microUsdOf(body);
      const { before, after } = await changePolicy(projects, params['project_id'], () => ({ spendLimitMicroUsd }));
      const { id } = after;
      audit({ id, requested: body, before: audited(before), after: audited(after) });
      return shownFor(id, spendLimitMicroUsd);
    }),

    operation(routeIn(limitRoutes, 'deleteProjectSpendLimit'), null, async ({ params, audit }) => {
      const { before, after } = await changePolicy(projects, params['project_id'], (project) => {
        if (project.spendLimitMicroUsd === null) throw unset();
        return { spendLimitMicroUsd: null };
      });
      audit({ id: before.id, before: audited(before), after: audited(after) });
      return json(200, { object: 'project.spend_limit.deleted', deleted: true });
    }),

    operation(routeIn(limitRoutes, 'retrieveOrganizationSpendLimit'), null, async () => {
      const { spendLimitMicroUsd } = await organization.get();
      if (spendLimitMicroUsd === null) throw unset();
      return shown(spendLimitMicroUsd);
    }),

    operation(routeIn(limitRoutes, 'updateOrganizationSpendLimit'), spendLimitSchema, async ({ body, audit }) => {
      const spendLimitMicroUsd = microUsdOf(body);
      await bookAllSpent(deps);
      const before = await organization.setSpendLimit(spendLimitMicroUsd);
      audit({ id: 'organization', requested: body, before: audited(before), after: audited({ spendLimitMicroUsd }) });
      return shown(spendLimitMicroUsd);
    }),

    operation(routeIn(limitRoutes, 'deleteOrganizationSpendLimit'), null, async ({ audit }) => {
      const before = await organization.setSpendLimit(null);
      if (before.spendLimitMicroUsd === null) throw unset();
      audit({ id: 'organization', before: audited(before), after: audited({ spendLimitMicroUsd: null }) });
      return json(200, { object: 'organization.spend_limit.deleted', deleted: true });
    }),
  ]);
};

export const handler = buffered(createHandler(spendLimitsDeps(live(process.env))));
