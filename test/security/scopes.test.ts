/** Every route × every kind of key has the answer that the route table says (THREATS 3, CVE-2026-35029). */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Audience, Route } from '../../shared/http/route.ts';
import { digestOf } from '../../shared/keys/digest.ts';
import { adminScopes, projectScopes } from '../../shared/keys/scopes.ts';
import { newToken } from '../../shared/keys/token.ts';
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { errorOf, expectError } from './support/expectations.ts';
import { newAdminKey } from './support/keys.ts';
import { sampleInput } from './support/sample-input.ts';
import { bearer, everyRoute, named, routeCalled, send } from './support/send.ts';

const here = scene();

/** The sets of scopes that a project's key can be given: none (which means all), each alone, and all. */
const grants: readonly (readonly string[])[] = [[], ...projectScopes.map((scope) => [scope]), projectScopes];
const keys = new Map<readonly string[], string>();
const adminGrants: readonly (readonly string[])[] = [[], ...adminScopes.map((scope) => [scope]), adminScopes];
const adminKeys = new Map<readonly string[], string>();

beforeAll(async () => {
  const { gateway, tenant } = here();
  const { serviceAccounts } = gateway.admin().admin.organization.projects;
  for (const scopes of grants) {
    const key = await serviceAccounts.apiKeys.create(tenant.accountId, {
      project_id: tenant.projectId,
      scopes: [...scopes],
    });
    keys.set(scopes, key.value);
  }
  for (const scopes of adminGrants) adminKeys.set(scopes, (await newAdminKey(gateway, scopes)).value);
});

// The organization's own limit, which the sweep sets to next to nothing, would hold every later call.
afterEach(async () => {
  const { spendLimit } = here().gateway.admin().admin.organization;
  await spendLimit.delete().catch(() => {});
});

/** What the table promises, spelt out. */
const mayCall = (
  { audience, scope, alsoScope }: Route,
  granted: readonly string[],
  kind: Audience = 'project',
): boolean => {
  if (audience !== kind) return audience === 'anyone';
  return [scope, alsoScope].every((needed) => {
    if (needed === undefined) return true;
    const reads = needed.split('.').at(-1) === 'read';
    return granted.length === 0 || granted.includes(needed) || (reads && granted.includes('api.all.read'));
  });
};

const ask = (route: Route, key: string) => send(here().gateway, route, { headers: bearer(key), ...sampleInput(route) });

describe.each(named(everyRoute))('%s', (_name, route) => {
  test.each(grants.map((granted) => [granted.join(' and ') || 'all scopes', granted] as const))(
    "answers a project's key with %s as the table says",
    async (_scopes, granted) => {
      const answer = await ask(route, keys.get(granted) ?? '');
      if (mayCall(route, granted)) {
        expect([200, 404]).toContain(answer.status);
      } else {
        const { message } = expectError(answer, 'insufficient_permissions');
        const lacking =
          route.scope && mayCall({ ...route, alsoScope: route.scope }, granted) ? route.alsoScope : route.scope;
        expect(message).toContain(route.audience === 'admin' ? 'admin key' : lacking);
      }
    },
  );

  test.each(adminGrants.map((granted) => [granted.join(' and ') || 'all scopes', granted] as const))(
    'answers an admin key with %s as the table says',
    async (_scopes, granted) => {
      const answer = await ask(route, adminKeys.get(granted) ?? '');
      if (mayCall(route, granted, 'admin')) {
        expect([200, 404]).toContain(answer.status);
      } else {
        const { message } = expectError(answer, 'insufficient_permissions');
        expect(message).toMatch(route.audience === 'project' ? /project's API key/ : /scope/);
      }
    },
  );

  test('answers the root key as the table says', async () => {
    const answer = await ask(route, adminKey);
    if (route.audience === 'project') {
      expect(expectError(answer, 'insufficient_permissions').message).toContain("project's API key");
    } else {
      expect([200, 404]).toContain(answer.status);
      if (answer.status === 404) errorOf(answer);
    }
  });

  test("refuses a project's key that was somehow given the route's scope, unless the route is a project's", async () => {
    const { gateway, tenant, database } = here();
    const { id, token } = newToken('test', gateway.clock.nowMs);
    await database.db.send(
      new PutCommand({
        TableName: database.names.keys,
        Item: {
          id,
          projectId: tenant.projectId,
          serviceAccountId: tenant.accountId,
          name: 'forged',
          scopes: [route.scope ?? 'api.all.read', ...(route.alsoScope ? [route.alsoScope] : [])],
          redactedValue: 'sk-…',
          createdAt: 1,
          expiresAt: null,
          lastUsedAt: null,
          ...digestOf(token, await gateway.live.secrets.peppers()),
        },
      }),
    );
    const answer = await ask(route, token);
    if (route.audience === 'admin') expectError(answer, 'insufficient_permissions');
    else expect([200, 404]).toContain(answer.status);
  });
});

test('the sweep meets refusals and passages on both kinds of route', () => {
  const counted = everyRoute.map((route) => grants.map((granted) => mayCall(route, granted)));
  expect(counted.flat().filter(Boolean).length).toBeGreaterThan(10);
  expect(counted.flat().filter((may) => !may).length).toBeGreaterThan(10);
});

test('every scope of the control plane can be given to an admin key, and none of the models', () => {
  const asked = (wanted: Audience) =>
    everyRoute.flatMap(({ audience, scope }) => (audience === wanted && scope !== undefined ? [scope] : []));
  const grantable: readonly string[] = adminScopes;
  expect(asked('admin').filter((scope) => !grantable.includes(scope))).toEqual([]);
  expect(asked('project').filter((scope) => grantable.includes(scope))).toEqual([]);
});

test("no scope of the control plane can be given to a project's key", async () => {
  const { gateway, tenant } = here();
  const controlPlane = new Set(
    everyRoute.flatMap(({ audience, scope }) => (audience === 'admin' && scope ? [scope] : [])),
  );
  expect(controlPlane.size).toBeGreaterThan(0);
  const create = routeCalled('createServiceAccountApiKey');
  for (const scope of controlPlane) {
    const answer = await send(gateway, create, {
      headers: bearer(adminKey),
      parameters: { project_id: tenant.projectId, service_account_id: tenant.accountId },
      body: JSON.stringify({ scopes: [scope] }),
    });
    expect(expectError(answer, 'invalid_request').param).toBe('scopes[0]');
  }
});
