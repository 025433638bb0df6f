/**
 * /v1/organization/projects/{project_id}/service_accounts: programs' identities
 * and their API keys. `projects.serviceAccounts` of the `openai` package.
 */
import { projectRoutes } from '../infra/routes/projects.ts';
import { type AccountsDeps, accountsDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { newApiKeyObject, projectApiKeyObject } from '../shared/keys/api-key.ts';
import { tooManyLimitedKeys } from '../shared/keys/limited-keys.ts';
import { type KeyWishes, newApiKey } from '../shared/keys/new-api-key.ts';
import {
  apiKeyCreateSchema,
  listSchema,
  serviceAccountCreateSchema,
  serviceAccountUpdateSchema,
} from '../shared/keys/schemas.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { activeProject, existingProject, projectIsArchived } from '../shared/projects/active-project.ts';
import { type ServiceAccount, serviceAccountObject } from '../shared/service-accounts/service-account.ts';
import { maxKeysPerAccount } from '../shared/service-accounts/service-account-store.ts';

const missing = () => new GatewayError('not_found', { message: 'The project has no such service account.' });

export const createHandler = (deps: AccountsDeps) => {
  const { accounts, projects, secrets, stage, newId, now } = deps;
  const keyFor = async (account: ServiceAccount, wishes: KeyWishes) =>
    newApiKey(account, wishes, { stage, peppers: await secrets.peppers(), nowMs: now() });

  return gatewayHandler(deps, [
    operation(
      routeIn(projectRoutes, 'createServiceAccount'),
      serviceAccountCreateSchema,
      async ({ params, body, audit }) => {
        const project = await activeProject(projects, params['project_id']);
        const alone = body.create_service_account_only ?? false;
        if (alone && body.expires_in_seconds != null) {
          throw new GatewayError('invalid_request', {
            message: 'There is no key to expire when create_service_account_only is true. Leave one of the two out.',
            param: 'expires_in_seconds',
          });
        }
        const account: ServiceAccount = {
          projectId: project.id,
          id: newId('svc_acct_'),
          name: body.name,
          role: alone ? 'none' : 'member',
          createdAt: Math.floor(now() / 1000),
        };
        const key = alone ? null : await keyFor(account, { expires_in_seconds: body.expires_in_seconds });
        if ((await accounts.create(account, key?.record)) === 'archived') throw projectIsArchived();
        audit({
          id: account.id,
          requested: { name: account.name, role: account.role },
          after: { ...serviceAccountObject(account), api_key: key && projectApiKeyObject(key.record, account) },
          related: key ? [key.record.id] : [],
        });
        return json(200, { ...serviceAccountObject(account), api_key: key && newApiKeyObject(key.record, key.value) });
      },
    ),

    operation(routeIn(projectRoutes, 'listServiceAccounts'), listSchema, async ({ params, body }) => {
      const project = await existingProject(projects, params['project_id']);
      return json(200, pageObject(await accounts.list(project.id, body), serviceAccountObject));
    }),

    operation(routeIn(projectRoutes, 'retrieveServiceAccount'), null, async ({ params }) => {
      const account = await accounts.get(params['project_id'] ?? '', params['service_account_id'] ?? '');
      if (!account) throw missing();
      return json(200, serviceAccountObject(account));
    }),

    operation(
      routeIn(projectRoutes, 'updateServiceAccount'),
      serviceAccountUpdateSchema,
      async ({ params, body, audit }) => {
        const project = await activeProject(projects, params['project_id']);
        const id = params['service_account_id'] ?? '';
        const before = await accounts.get(project.id, id);
        if (!before) throw missing();
        const changesNothing = body.name === undefined && body.role === undefined;
        const account = changesNothing ? before : await accounts.update(project.id, id, body);
        if (!account) throw missing();
        audit({ id, requested: body, before: serviceAccountObject(before), after: serviceAccountObject(account) });
        return json(200, serviceAccountObject(account));
      },
    ),

    operation(routeIn(projectRoutes, 'deleteServiceAccount'), null, async ({ params, audit }) => {
      const project = await activeProject(projects, params['project_id']);
      const id = params['service_account_id'] ?? '';
      const before = await accounts.getWithKeys(project.id, id);
      if (!before) throw missing();
      const deleted = await accounts.delete(project.id, id);
      if (deleted === 'missing') throw missing();
      if (deleted === 'conflict') {
        throw new GatewayError('conflict', {
          message: 'A key of the account came or went at the same time. Try again.',
        });
      }
      audit({
        id,
        before: { ...serviceAccountObject(before.account), api_key_ids: before.keyIds },
        related: before.keyIds,
      });
      return json(200, { object: 'organization.project.service_account.deleted', id, deleted: true });
    }),

    operation(
      routeIn(projectRoutes, 'createServiceAccountApiKey'),
      apiKeyCreateSchema,
      async ({ params, body, audit }) => {
        const project = await activeProject(projects, params['project_id']);
        const account = await accounts.get(project.id, params['service_account_id'] ?? '');
        if (!account) throw missing();
        const { record, value } = await keyFor(account, body);
        const added = await accounts.addKey(record);
        if (added === 'missing') throw missing();
        if (added === 'archived') throw projectIsArchived();
        if (added === 'full') {
          throw new GatewayError('conflict', {
            message: `A service account has at most ${maxKeysPerAccount} keys. Delete one, or use another account.`,
          });
        }
        if (added === 'limits-full') throw tooManyLimitedKeys();
        audit({
          id: record.id,
          requested: { ...body, scopes: record.scopes },
          after: projectApiKeyObject(record, account),
          related: [account.id],
        });
        return json(200, newApiKeyObject(record, value));
      },
    ),
  ]);
};

export const handler = buffered(createHandler(accountsDeps(live(process.env))));
