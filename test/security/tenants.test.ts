/** Tenants never meet: what belongs to another is as good as missing (I5, THREATS 3, CVE-2026-30886). */
import type { Route } from '../../shared/http/route.ts';
import { adminKey } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { errorOf, expectError, steadyHeaders } from './support/expectations.ts';
import { type Objects, objectsOf } from './support/objects.ts';
import { sampleBody, sampleInput } from './support/sample-input.ts';
import { bearer, everyRoute, named, parametersOf, routeCalled, send } from './support/send.ts';

const here = scene();

let ours: Objects;
let theirs: Objects;
let theirKey: string;

beforeAll(async () => {
  const { gateway, tenant } = here();
  const other = await gateway.tenant('other');
  [ours, theirs] = await Promise.all([objectsOf(gateway, tenant), objectsOf(gateway, other)]);
  theirKey = other.key;
});

/** Missing, though it looks the same: another id of the same kind. */
const missing = (id: string): string => `${id.slice(0, -4)}0000`;

const askAsAdmin = (route: Route, parameters: Objects) =>
  send(here().gateway, route, { headers: bearer(adminKey), parameters, ...sampleInput(route) });

const ofObjects = everyRoute.filter(
  (route) => route.audience === 'admin' && parametersOf(route).includes('project_id'),
);
/** The same in every project, so that nothing of another's can be named by them. */
const names = ['rate_limit_id'];
const ofNested = ofObjects.filter((route) => parametersOf(route).filter((name) => !names.includes(name)).length > 1);

describe.each(named(ofNested))('%s', (_name, route) => {
  const [inner = ''] = parametersOf(route).slice(-1);

  test("answers another project's object exactly as a missing one (I5, THREATS 3)", async () => {
    const foreign = await askAsAdmin(route, { ...ours, [inner]: theirs[inner] ?? '' });
    const absent = await askAsAdmin(route, { ...ours, [inner]: missing(theirs[inner] ?? '') });
    expectError(foreign, 'not_found');
    expect(foreign.text).toBe(absent.text);
    expect(steadyHeaders(foreign)).toEqual(steadyHeaders(absent));
  });

  test('has left the other project as it was', async () => {
    await askAsAdmin(route, { ...ours, [inner]: theirs[inner] ?? '' });
    const { projects } = here().gateway.admin().admin.organization;
    const project_id = theirs['project_id'] ?? '';
    expect(await projects.serviceAccounts.retrieve(theirs['service_account_id'] ?? '', { project_id })).toMatchObject({
      name: 'app',
      role: 'member',
    });
    const { data } = await projects.apiKeys.list(project_id);
    expect(data).toMatchObject([{ id: theirs['api_key_id'], expires_at: null }]);
    here().gateway.clock.nowMs += 31_000;
    expect((await here().gateway.withKey(theirKey).models.list()).data.length).toBeGreaterThan(0);
  });
});

describe.each(named(ofObjects))('%s', (_name, route) => {
  test('answers anything of a missing project with a 404', async () => {
    const answer = await askAsAdmin(route, { ...ours, project_id: missing(ours['project_id'] ?? '') });
    expectError(answer, 'not_found');
  });

  test("does not tell a project's key whether an object exists", async () => {
    const answers = [];
    for (const parameters of [ours, theirs, { ...ours, project_id: 'proj_none' }, { ...theirs, api_key_id: 'none' }]) {
      const question = { headers: bearer(here().tenant.key), parameters, ...sampleInput(route) };
      answers.push(await send(here().gateway, route, question));
    }
    for (const answer of answers) expectError(answer, 'insufficient_permissions');
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });
});

const modelCalls = everyRoute.filter(({ providers }) => providers);

describe.each(named(modelCalls))('%s', (_name, route) => {
  test.each([
    ['a header', { 'OpenAI-Project': 'THEIRS', 'OpenAI-Organization': 'THEIRS', 'x-project-id': 'THEIRS' }, {}],
    ['the body', {}, { project_id: 'THEIRS', projectId: 'THEIRS', metadata: { project_id: 'THEIRS' }, user: 'THEIRS' }],
  ])('takes the tenant from the key alone, whatever %s says (I5)', async (_where, headers, body) => {
    const { gateway, tenant, ledger } = here();
    const said = (value: object) =>
      JSON.parse(JSON.stringify(value).replaceAll('THEIRS', theirs['project_id'] ?? '')) as Record<string, string>;
    const before = [(await ledger()).length, (await ledger(theirs['project_id'])).length];
    const answer = await send(gateway, route, {
      headers: { ...bearer(tenant.key), ...said(headers) },
      body: JSON.stringify({ ...sampleBody(route), ...said(body) }),
    });
    expect(answer.status).toBe(200);
    const after = [(await ledger()).length, (await ledger(theirs['project_id'])).length];
    expect(after).toEqual([(before[0] ?? 0) + 1, before[1]]);
  });
});

test('a path parameter cannot reach into a query string or a body', async () => {
  const retrieve = routeCalled('retrieveProject');
  const answer = await send(here().gateway, retrieve, {
    headers: bearer(adminKey),
    parameters: { project_id: 'proj_none' },
    query: `project_id=${ours['project_id']}`,
    body: JSON.stringify({ project_id: ours['project_id'] }),
  });
  expect(errorOf(answer).code).toBe('not_found');
});

test("usage asked for one project holds nothing of another's (I5)", async () => {
  const { gateway, tenant } = here();
  await gateway.withKey(theirKey).chat.completions.create(question);
  await gateway.idle();
  const { usage } = gateway.admin().admin.organization;
  const start_time = Math.floor(gateway.clock.nowMs / 1000) - 3_600;
  const end_time = start_time + 7_200;
  const { data } = await usage.completions({
    start_time,
    end_time,
    project_ids: [tenant.projectId],
    group_by: ['project_id'],
  });
  const projects = data.flatMap(({ results }) => results.map((result) => 'project_id' in result && result.project_id));
  expect(new Set(projects)).not.toContain(theirs['project_id']);
});
