/** What a caller may set is an allow-list: everything else is refused by name, never ignored (THREATS 3, CVE-2026-47102). */
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { expectError } from './support/expectations.ts';
import { jsonSchemaOf, sampleBody, sampleInput, schemaOf } from './support/sample-input.ts';
import { bearer, everyRoute, named, send } from './support/send.ts';

const here = scene();

const controlPlane = everyRoute.filter((route) => route.audience === 'admin' && schemaOf(route));
const writing = controlPlane.filter(({ method }) => method === 'POST');
const reading = controlPlane.filter(({ method }) => method === 'GET');

/** Members that stored objects have, and that a mass assignment would go for. */
const coveted = [
  ...['id', 'project_id', 'projectId', 'service_account_id', 'serviceAccountId', 'organization', 'object'],
  ...['archived_at', 'archivedAt', 'created_at', 'createdAt', 'expires_at', 'expiresAt', 'last_used_at', 'status'],
  ...['digest', 'pepperVersion', 'redacted_value', 'value', 'owner', 'keyIds', 'constructor', 'toString', ''],
];

const ids = () => ({
  project_id: here().tenant.projectId,
  service_account_id: here().tenant.accountId,
  rate_limit_id: 'rl-test-model',
});

describe.each(named(writing))('%s', (_name, route) => {
  const properties = Object.keys(jsonSchemaOf(route).properties ?? {});
  const unknown = [...coveted, 'scopes', 'role', 'name'].filter((name) => !properties.includes(name));

  test.each(unknown)('refuses the member "%s" and names it (THREATS 3)', async (member) => {
    const answer = await send(here().gateway, route, {
      headers: bearer(adminKey),
      parameters: ids(),
      body: JSON.stringify({ ...sampleBody(route), [member]: null }),
    });
    expect(expectError(answer, 'invalid_request').param).toBe(member);
  });

  test.each(properties)('names the member "%s" when its value is of a wrong type', async (member) => {
    for (const value of [{ an: 'object' }, [['nested']], -1.5, 'x'.repeat(10_000)]) {
      const answer = await send(here().gateway, route, {
        headers: bearer(adminKey),
        parameters: ids(),
        body: JSON.stringify({ ...sampleBody(route), [member]: value }),
      });
      expect(expectError(answer, 'invalid_request').param).toMatch(new RegExp(`^${member}(\\[0\\]|\\.\\w+)?$`));
    }
  });
});

describe.each(named(reading))('%s', (_name, route) => {
  test.each([...coveted.filter((name) => name !== ''), '__proto__'])(
    'refuses the query parameter "%s" and names it',
    async (name) => {
      const { query = '' } = sampleInput(route);
      const answer = await send(here().gateway, route, {
        headers: bearer(adminKey),
        parameters: ids(),
        query: `${query}&${name}=x`,
      });
      expect(expectError(answer, 'invalid_request').param).toBe(name);
    },
  );
});

/** Stands for a scope that the route knows. */
const aKnownOne = 'known';

test.each([
  ['an unknown scope', ['api.everything'], 'scopes[0]'],
  ['a known one and an unknown one', [aKnownOne, 'api.model.*'], 'scopes[1]'],
  ['another spelling of a scope', ['API.MODEL.READ'], 'scopes[0]'],
  ['a scope with a space', ['api.model.read '], 'scopes[0]'],
  ['something that is no text', [null], 'scopes[0]'],
  ['a text in place of a list', 'api.model.read', 'scopes'],
  ['null', null, 'scopes'],
  ['more than there are', Array.from({ length: 50 }, () => aKnownOne), 'scopes'],
])('a key is given no scopes from %s', async (_name, scopes, param) => {
  const withScopes = writing.filter((route) => 'scopes' in (jsonSchemaOf(route).properties ?? {}));
  expect(withScopes.length).toBeGreaterThan(1);
  for (const route of withScopes) {
    const known = jsonSchemaOf(route).properties?.['scopes']?.items?.enum?.[0];
    const given = Array.isArray(scopes) ? scopes.map((scope) => (scope === aKnownOne ? known : scope)) : scopes;
    const answer = await send(here().gateway, route, {
      headers: bearer(adminKey),
      parameters: ids(),
      body: JSON.stringify({ ...sampleBody(route), scopes: given }),
    });
    expect(expectError(answer, 'invalid_request').param).toBe(param);
  }
});

test('every body and every query of the control plane is described as closed', () => {
  expect(writing.length).toBeGreaterThan(5);
  expect(reading.length).toBeGreaterThan(5);
  const openOnes = controlPlane.filter((route) => jsonSchemaOf(route).additionalProperties !== false);
  expect(openOnes.map(({ operationId }) => operationId)).toEqual([]);
});
