/** /v1/organization/projects/{project_id}/api_keys, redacted. `projects.apiKeys` of the `openai` package. */
import { projectRoutes } from '../infra/routes/projects.ts';
import { type AccountsDeps, accountsDeps } from '../shared/control-plane-deps.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { type Page, pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { type ApiKey, isExpired, projectApiKeyObject } from '../shared/keys/api-key.ts';
import { type KeyPolicyWishes, keyPolicyAfter } from '../shared/keys/key-policy.ts';
import type { KeyChanges } from '../shared/keys/key-store.ts';
import { tooManyLimitedKeys } from '../shared/keys/limited-keys.ts';
import { apiKeyListSchema, apiKeyUpdateSchema } from '../shared/keys/schemas.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { activeProject, existingProject } from '../shared/projects/active-project.ts';

const missing = () => new GatewayError('not_found', { message: 'The project has no such API key.' });

export const createHandler = (deps: AccountsDeps) => {
  const { accounts, keys, keyPolicies, projects, now } = deps;

  const existingKey = async (projectId: string, id: string | undefined): Promise<ApiKey> => {
    const key = await keys.get(projectId, id ?? '');
    if (!key) throw missing();
    return key;
  };

  const shown = async (key: ApiKey) =>
    projectApiKeyObject(key, await accounts.get(key.projectId, key.serviceAccountId));

  /** Limits change with the rest, or not at all. Undefined where the key has gone. */
  const changed = async (key: ApiKey, wishes: KeyPolicyWishes, changes: KeyChanges): Promise<ApiKey | undefined> => {
    if (wishes.rate_limit === undefined && wishes.spend_limit === undefined) {
      return keys.update(key.projectId, key.id, changes);
    }
    const outcome = await keyPolicies.change(key, keyPolicyAfter(key, wishes), changes);
    if (outcome === 'full') throw tooManyLimitedKeys();
    if (outcome === 'overtaken') {
      throw new GatewayError('conflict', { message: 'The key has changed at the same time. Try again.' });
    }
    return keys.get(key.projectId, key.id);
  };

  /** The owners of a page of keys, each read once. */
  const ownersOf = async ({ items }: Page<ApiKey>, projectId: string) => {
    const ids = [...new Set(items.map(({ serviceAccountId }) => serviceAccountId))];
    return new Map(await Promise.all(ids.map(async (id) => [id, await accounts.get(projectId, id)] as const)));
  };

  return gatewayHandler(deps, [
    operation(routeIn(projectRoutes, 'listProjectApiKeys'), apiKeyListSchema, async ({ params, body }) => {
      const project = await existingProject(projects, params['project_id']);
      // A key goes together with its owner, so no owner is ever without access.
      const page =
        body.owner_project_access === 'inactive' ? { items: [], hasMore: false } : await keys.list(project.id, body);
      const owners = await ownersOf(page, project.id);
      return json(
        200,
        pageObject(page, (key) => projectApiKeyObject(key, owners.get(key.serviceAccountId))),
      );
    }),

    operation(routeIn(projectRoutes, 'retrieveProjectApiKey'), null, async ({ params }) =>
      json(200, await shown(await existingKey(params['project_id'] ?? '', params['api_key_id']))),
    ),

    operation(routeIn(projectRoutes, 'updateProjectApiKey'), apiKeyUpdateSchema, async ({ params, body, audit }) => {
      if (Object.values(body).every((wish) => wish === undefined)) {
        throw new GatewayError('invalid_request', {
          message: 'Give at least one of scopes, expires_in_seconds, rate_limit and spend_limit.',
        });
      }
      const project = await activeProject(projects, params['project_id']);
      const key = await existingKey(project.id, params['api_key_id']);
      const nowSeconds = Math.floor(now() / 1000);
      if (isExpired(key, nowSeconds)) {
        throw new GatewayError('conflict', {
          message: 'The key has expired, and expired keys do not change. Create another.',
        });
      }
      const before = await shown(key);
      const changes: KeyChanges = {
        scopes: body.scopes,
        expiresAt: body.expires_in_seconds === undefined ? undefined : nowSeconds + body.expires_in_seconds,
      };
      const updated = await changed(key, body, changes);
      if (!updated) throw missing();
      const after = await shown(updated);
      audit({ id: key.id, requested: body, before, after });
      return json(200, after);
    }),

    operation(routeIn(projectRoutes, 'deleteProjectApiKey'), null, async ({ params, audit }) => {
      const project = await activeProject(projects, params['project_id']);
      const key = await existingKey(project.id, params['api_key_id']);
      const before = await shown(key);
      if ((await accounts.removeKey(key)) === 'missing') throw missing();
      audit({ id: key.id, before, related: [key.serviceAccountId] });
      return json(200, { object: 'organization.project.api_key.deleted', id: key.id, deleted: true });
    }),
  ]);
};

export const handler = buffered(createHandler(accountsDeps(live(process.env))));
