/** Nobody meets another tenant's cached answer, whatever a header or a body says (I5, THREATS 9). */
import { GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { asked, cached, newQuestion } from '../support/cache-scene.ts';
import { question, scene } from '../support/scene.ts';
import { answer, completion } from '../support/scripted-provider.ts';

const on = scene();

const entries = async () => {
  const { database } = on();
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.names.responseCache }));
  return Items;
};

/** All that a stranger may try to be taken for somebody else. */
const forgeries = (projectId: string): [string, Record<string, string>, object][] => [
  ['nothing but the same words', {}, {}],
  [
    'headers that name the project',
    { 'openai-project': projectId, 'x-project-id': projectId, 'x-tenant': projectId },
    {},
  ],
  [
    'a body that names the project',
    {},
    { project: projectId, project_id: projectId, tenant: projectId, user: projectId },
  ],
  [
    'a key of the cache',
    { 'x-sluice-cache-key': `${projectId}#x`, 'x-cache-key': projectId },
    { cache_key: projectId },
  ],
];

test('another project with the same request asks the provider by itself', async () => {
  const { gateway, tenant, provider } = on();
  const body = newQuestion();
  provider.script = answer(completion('a secret of the first'));
  await asked(tenant.client, body);
  await gateway.idle();
  provider.script = answer(completion('for the other'));
  const other = await gateway.tenant('other');
  for (const [, headers, more] of forgeries(tenant.projectId)) {
    const options = { headers: { ...cached().headers, ...headers } };
    const { data } = await asked(other.client, { ...body, ...more }, options);
    expect(data.choices[0]?.message.content).toBe('for the other');
  }
  // The same of the same tenant's second key is one tenant.
  const account = await gateway
    .admin()
    .admin.organization.projects.serviceAccounts.create(tenant.projectId, { name: 'b' });
  const second = gateway.withKey(account.api_key?.value ?? '');
  expect((await asked(second, body)).data.choices[0]?.message.content).toBe('a secret of the first');
});

test('nor does another who asks while the first is under way', async () => {
  const { gateway, tenant, provider } = on();
  const other = await gateway.tenant('other');
  const body = newQuestion();
  const [first, second] = await Promise.all([asked(tenant.client, body), asked(other.client, body)]);
  expect([first.cache, second.cache, provider.asked.length]).toEqual(['miss', 'miss', 2]);
});

test('the name of an entry begins with its project and tells nothing of the request', async () => {
  const { gateway, tenant, database } = on();
  await asked(tenant.client, { ...question, user: 'somebody' });
  await gateway.idle();
  const ids = (await entries()).map((item) => String(item['id']));
  expect(ids.some((id) => id.startsWith(`${tenant.projectId}#`))).toBe(true);
  for (const id of ids) expect(id).toMatch(/^proj_\w+#[\w-]{43}$/);
  const { Item } = await database.db.send(
    new GetCommand({ TableName: database.names.projects, Key: { organization: 'organization', id: tenant.projectId } }),
  );
  expect(String(Item?.['cacheSecret'])).toMatch(/^[\w-]{43}$/);
});

test("a project's secret is its own, and in no answer of the control plane", async () => {
  const { gateway, database } = on();
  const { projects } = gateway.admin().admin.organization;
  const made = await Promise.all([projects.create({ name: 'a' }), projects.create({ name: 'b' })]);
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.names.projects }));
  const secrets = Items.flatMap((item) => item['cacheSecret'] ?? []);
  expect(new Set(secrets).size).toBe(secrets.length);
  const shown = JSON.stringify([
    made,
    await projects.list(),
    (await gateway.admin().admin.organization.auditLogs.list()).data,
  ]);
  for (const secret of secrets) expect(shown).not.toContain(secret);
});
