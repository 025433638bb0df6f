/**
 * /v1/organization/spend_alerts and those of projects: `client.admin.organization.spendAlerts` and
 * `….projects.spendAlerts` of the `openai` package.
 */
import { limitRoutes } from '../infra/routes/limits.ts';
import { type SpendAlertsDeps, spendAlertsDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { pageOfFew } from '../shared/http/page-of-few.ts';
import { json } from '../shared/http/response.ts';
import type { Route } from '../shared/http/route.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { activeProject, existingProject } from '../shared/projects/active-project.ts';
import { settingsOf, spendAlertInputSchema, spendAlertListSchema } from '../shared/spend-alerts/schemas.ts';
import {
  deletedSpendAlertObject,
  organizationScope,
  type SpendAlert,
  spendAlertObject,
} from '../shared/spend-alerts/spend-alert.ts';
import { maxAlertsPerScope } from '../shared/spend-alerts/spend-alert-store.ts';

type Params = Readonly<Record<string, string>>;

const missing = () => new GatewayError('not_found', { message: 'There is no such spend alert.' });
const full = () =>
  new GatewayError('conflict', { message: `There are ${maxAlertsPerScope} spend alerts, which is as many as may be.` });

export const createHandler = (deps: SpendAlertsDeps) => {
  const { alerts, projects, newId } = deps;

  const operationsOn = (
    routes: Readonly<Record<'create' | 'list' | 'retrieve' | 'update' | 'delete', Route & { audience: 'admin' }>>,
    /** Whose alerts the path names, to look at or to change. */
    scopeOf: {
      readonly read: (params: Params) => Promise<string>;
      readonly write: (params: Params) => Promise<string>;
    },
  ) => [
    operation(routes.create, spendAlertInputSchema, async ({ params, body, audit }) => {
      const scope = await scopeOf.write(params);
      const alert: SpendAlert = { scope, id: newId('alert_'), ...settingsOf(body), version: 0, firings: {} };
      if ((await alerts.create(alert)) === 'full') throw full();
      audit({ id: alert.id, requested: body, after: spendAlertObject(alert) });
      return json(200, spendAlertObject(alert));
    }),

    operation(routes.list, spendAlertListSchema, async ({ params, body }) =>
      json(200, pageObject(pageOfFew(await alerts.all(await scopeOf.read(params)), body), spendAlertObject)),
    ),

    operation(routes.retrieve, null, async ({ params }) => {
      const alert = await alerts.get(await scopeOf.read(params), params['alert_id'] ?? '');
      if (!alert) throw missing();
      return json(200, spendAlertObject(alert));
    }),

    operation(routes.update, spendAlertInputSchema, async ({ params, body, audit }) => {
      const [scope, id] = [await scopeOf.write(params), params['alert_id'] ?? ''];
      const before = await alerts.get(scope, id);
      const alert = before && (await alerts.update(scope, id, settingsOf(body)));
      if (!alert) throw missing();
      audit({ id, requested: body, before: spendAlertObject(before), after: spendAlertObject(alert) });
      return json(200, spendAlertObject(alert));
    }),

    operation(routes.delete, null, async ({ params, audit }) => {
      const [scope, id] = [await scopeOf.write(params), params['alert_id'] ?? ''];
      const before = await alerts.get(scope, id);
      if (!before || (await alerts.delete(scope, id)) === 'missing') throw missing();
      audit({ id, before: spendAlertObject(before) });
      return json(200, deletedSpendAlertObject(scope, id));
    }),
  ];

  const ofProject = async (project: Promise<{ readonly id: string }>) => (await project).id;
  const ofOrganization = async () => organizationScope;

  return gatewayHandler(deps, [
    ...operationsOn(
      {
        create: routeIn(limitRoutes, 'createProjectSpendAlert'),
        list: routeIn(limitRoutes, 'listProjectSpendAlerts'),
        retrieve: routeIn(limitRoutes, 'retrieveProjectSpendAlert'),
        update: routeIn(limitRoutes, 'updateProjectSpendAlert'),
        delete: routeIn(limitRoutes, 'deleteProjectSpendAlert'),
      },
      {
        read: (params) => ofProject(existingProject(projects, params['project_id'])),
        write: (params) => ofProject(activeProject(projects, params['project_id'])),
      },
    ),
    ...operationsOn(
      {
        create: routeIn(limitRoutes, 'createSpendAlert'),
        list: routeIn(limitRoutes, 'listSpendAlerts'),
        retrieve: routeIn(limitRoutes, 'retrieveSpendAlert'),
        update: routeIn(limitRoutes, 'updateSpendAlert'),
        delete: routeIn(limitRoutes, 'deleteSpendAlert'),
      },
      { read: ofOrganization, write: ofOrganization },
    ),
  ]);
};

export const handler = buffered(createHandler(spendAlertsDeps(live(process.env))));
