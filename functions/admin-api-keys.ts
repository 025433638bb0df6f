/** /v1/organization/admin_api_keys. `client.admin.organization.adminAPIKeys` of the `openai` package. The root key is none of them. */
import { projectRoutes } from '../infra/routes/projects.ts';
import { adminKeyObject } from '../shared/admin-keys/admin-key.ts';
import { newAdminKey } from '../shared/admin-keys/new-admin-key.ts';
import { adminKeyCreateSchema, adminKeyListSchema } from '../shared/admin-keys/schemas.ts';
import { type AdminKeysDeps, adminKeysDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { mayGrant } from '../shared/keys/scopes.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

const missing = () => new GatewayError('not_found', { message: 'There is no such admin API key.' });

export const createHandler = (deps: AdminKeysDeps) => {
  const { adminKeys, secrets, stage, now } = deps;

  return gatewayHandler(deps, [
    operation(routeIn(projectRoutes, 'createAdminApiKey'), adminKeyCreateSchema, async ({ body, caller, audit }) => {
      const scopes = body.scopes ?? caller.scopes;
      // Or else a key that may do little would make itself one that may do all.
      if (!mayGrant(caller.scopes, scopes)) {
        throw new GatewayError('insufficient_permissions', {
          message: `This API key can give no more than its own scopes: ${caller.scopes.join(', ')}.`,
        });
      }
      const peppers = await secrets.peppers();
      const maker = { stage, peppers, nowMs: now(), createdBy: caller.apiKeyId };
      const { record, value } = newAdminKey({ ...body, scopes }, maker);
      await adminKeys.create(record);
      audit({ id: record.id, requested: { ...body, scopes }, after: adminKeyObject(record) });
      return json(200, { ...adminKeyObject(record), value });
    }),

    operation(routeIn(projectRoutes, 'listAdminApiKeys'), adminKeyListSchema, async ({ body }) =>
      json(200, pageObject(await adminKeys.list(body, body.order), adminKeyObject)),
    ),

    operation(routeIn(projectRoutes, 'retrieveAdminApiKey'), null, async ({ params }) => {
      const key = await adminKeys.get(params['admin_api_key_id'] ?? '');
      if (!key) throw missing();
      return json(200, adminKeyObject(key));
    }),

    operation(routeIn(projectRoutes, 'deleteAdminApiKey'), null, async ({ params, audit }) => {
      const deleted = await adminKeys.delete(params['admin_api_key_id'] ?? '');
      if (!deleted) throw missing();
      audit({ id: deleted.id, before: adminKeyObject(deleted) });
      return json(200, { object: 'organization.admin_api_key.deleted', id: deleted.id, deleted: true });
    }),
  ]);
};

export const handler = buffered(createHandler(adminKeysDeps(live(process.env))));
