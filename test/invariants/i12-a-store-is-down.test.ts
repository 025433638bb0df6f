/** I12: what happens when a store is down, store by store. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { adminKey } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';

type Command = { constructor: { name: string }; input: { TableName?: string; Item?: { state?: string } } };

let down: (command: Command) => boolean = () => false;

const failing = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return (command: Command) =>
        down(command)
          ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' }))
          : target.send(command as never);
    },
  });

const on = scene({ override: ({ db }) => ({ db: failing(db) }) });
afterEach(() => {
  down = () => false;
});

const table = (name: string) => (command: Command) => command.input.TableName?.endsWith(`-${name}`) ?? false;
const overloaded = { status: 503, code: 'overloaded', type: 'server_error' };

test('keys: an unknown caller is refused with a 503, and no provider is asked', async () => {
  const fresh = await on().gateway.tenant();
  down = table('keys');
  await expect(fresh.client.chat.completions.create(question)).rejects.toMatchObject(overloaded);
  expect(on().provider.asked).toEqual([]);
});

test('keys: a caller that the instance knows goes on for as long as it is known', async () => {
  const { tenant } = on();
  await tenant.client.models.list();
  down = table('keys');
  await expect(tenant.client.models.list()).resolves.toBeDefined();
});

test('admin keys: an admin whom the instance does not know is refused with a 503; the root key goes on', async () => {
  const { gateway } = on();
  const { value } = await gateway.admin().admin.organization.adminAPIKeys.create({ name: 'ops' });
  down = table('adminKeys');
  await expect(gateway.admin(value).admin.organization.projects.list()).rejects.toMatchObject(overloaded);
  await expect(gateway.admin().admin.organization.projects.list()).resolves.toBeDefined();
});

test('last use of an admin key: nobody notices', async () => {
  const { gateway } = on();
  const { value } = await gateway.admin().admin.organization.adminAPIKeys.create({ name: 'ops' });
  down = (command) => table('adminKeys')(command) && command.constructor.name === 'UpdateCommand';
  await expect(gateway.admin(value).admin.organization.projects.list()).resolves.toBeDefined();
  expect(gateway.logs).toContainEqual(expect.objectContaining({ message: 'last use of a key not noted' }));
});

test('projects: without knowing that the project is active, and what it may spend, nobody is let in', async () => {
  const fresh = await on().gateway.tenant();
  down = table('projects');
  await expect(fresh.client.models.list()).rejects.toMatchObject(overloaded);
});

test('the failure is not remembered: the next call is let in', async () => {
  const fresh = await on().gateway.tenant();
  down = table('projects');
  await fresh.client.models.list().catch(() => {});
  down = () => false;
  await expect(fresh.client.models.list()).resolves.toBeDefined();
});

test('last use of a key: nobody notices', async () => {
  const fresh = await on().gateway.tenant();
  down = (command) => table('keys')(command) && command.constructor.name === 'UpdateCommand';
  await expect(fresh.client.models.list()).resolves.toBeDefined();
  expect(on().gateway.logs).toContainEqual(
    expect.objectContaining({ level: 'warn', message: 'last use of a key not noted' }),
  );
});

test('usage: what cannot be metered is not asked for', async () => {
  const { tenant, provider } = on();
  await tenant.client.models.list();
  down = table('usage');
  await expect(tenant.client.chat.completions.create(question)).rejects.toMatchObject(overloaded);
  await expect(tenant.client.chat.completions.create({ ...question, stream: true })).rejects.toMatchObject(overloaded);
  expect(provider.asked).toEqual([]);
});

test('usage at the settlement: the caller has the answer, the attempt stays open in the ledger and counts as a request', async () => {
  const { gateway, ledger } = on();
  const fresh = await gateway.tenant();
  down = (command) => table('usage')(command) && command.input.Item?.state === 'settled';
  const { choices } = await fresh.client.chat.completions.create(question);
  expect(choices).toHaveLength(1);
  await gateway.idle();
  down = () => false;
  expect(await ledger(fresh.projectId)).toMatchObject([{ state: 'open' }]);
  expect(gateway.logs).toContainEqual(expect.objectContaining({ level: 'error', message: 'attempt not settled' }));
  const start_time = Math.floor(gateway.clock.nowMs / 1000) - 1;
  const page = await gateway
    .admin()
    .admin.organization.usage.completions({ start_time, end_time: start_time + 10, project_ids: [fresh.projectId] });
  expect(page.data[0]?.results).toMatchObject([{ num_model_requests: 1 }]);
});

test('admission: whether a spend limit enforces is not guessed at', async () => {
  const { gateway } = on();
  const fresh = await gateway.tenant();
  const { spendLimit } = gateway.admin().admin.organization.projects;
  await spendLimit.update(fresh.projectId, { currency: 'USD', interval: 'month', threshold_amount: 1 });
  down = table('admission');
  await expect(spendLimit.retrieve(fresh.projectId)).rejects.toMatchObject(overloaded);
});

test('blocked addresses: the instance goes on by what it knows itself', async () => {
  const { gateway } = on();
  const fresh = await gateway.tenant();
  gateway.clock.nowMs += 31_000;
  down = table('blockedAddresses');
  await expect(fresh.client.models.list()).resolves.toBeDefined();
  expect(gateway.logs).toContainEqual(expect.objectContaining({ message: 'blocked addresses not read' }));
  const guess = () => gateway.withKey('sk-wrong').models.list();
  for (let attempt = 0; attempt < 10; attempt++) await expect(guess()).rejects.toMatchObject({ status: 401 });
  for (let attempt = 0; attempt < 2; attempt++) await expect(guess()).rejects.toMatchObject({ status: 429 });
  expect(gateway.logs).toContainEqual(expect.objectContaining({ message: 'blocked address not written' }));
  await expect(fresh.client.models.list()).resolves.toBeDefined();
  gateway.clock.nowMs += 900_000;
});

test('audit logs: what cannot be written down is not done', async () => {
  const { organization } = on().gateway.admin().admin;
  const count = async () => (await organization.projects.list({ limit: 100 })).data.length;
  const before = await count();
  down = table('auditLogs');
  await expect(organization.projects.create({ name: 'unseen' })).rejects.toMatchObject(overloaded);
  expect(await count()).toBe(before);
});

const keyed = (key: string) => ({ headers: { 'Idempotency-Key': key } });

test('idempotency: what could be made twice is not made', async () => {
  const { organization } = on().gateway.admin().admin;
  down = table('idempotency');
  await expect(organization.projects.create({ name: 'x' }, keyed('down-1'))).rejects.toMatchObject(overloaded);
  await expect(organization.projects.create({ name: 'without a key' })).resolves.toBeDefined();
});

test('idempotency at the end of a change: the caller has its answer, and a repetition makes nothing', async () => {
  const { organization } = on().gateway.admin().admin;
  down = (command) => table('idempotency')(command) && command.constructor.name === 'UpdateCommand';
  await organization.projects.create({ name: 'x' }, keyed('down-2'));
  down = () => false;
  await expect(organization.projects.create({ name: 'x' }, keyed('down-2'))).rejects.toMatchObject({ status: 409 });
  expect(on().gateway.logs).toContainEqual(expect.objectContaining({ level: 'warn', message: 'answer not kept' }));
});

test('a change that failed for a store that was down may be tried again under its key', async () => {
  const { organization } = on().gateway.admin().admin;
  down = table('projects');
  await expect(organization.projects.create({ name: 'x' }, keyed('down-3'))).rejects.toMatchObject(overloaded);
  down = () => false;
  await expect(organization.projects.create({ name: 'x' }, keyed('down-3'))).resolves.toBeDefined();
});

test('audit logs at the end of a change: the caller has its answer, and the entry says that it was begun', async () => {
  const { gateway } = on();
  const { organization } = gateway.admin().admin;
  down = (command) =>
    table('auditLogs')(command) && (command.input.Item as { outcome?: string }).outcome === 'succeeded';
  gateway.clock.nowMs += 1;
  const { id } = await organization.projects.create({ name: 'seen' });
  down = () => false;
  const [entry] = (await organization.auditLogs.list({ event_types: ['project.created'] })).data;
  expect(entry).toMatchObject({ outcome: 'unfinished' });
  expect(gateway.logs).toContainEqual(expect.objectContaining({ message: 'audit entry not completed' }));
  await organization.projects.retrieve(id);
});

test.each(['projects', 'serviceAccounts', 'keys', 'adminKeys', 'usage'])(
  '%s: the control plane says 503, and nothing of the store',
  async (name) => {
    const { gateway, tenant } = on();
    const { organization } = gateway.admin().admin;
    const calls: Record<string, () => Promise<unknown>> = {
      projects: () => organization.projects.create({ name: 'x' }),
      serviceAccounts: () =>
        organization.projects.serviceAccounts.retrieve(tenant.accountId, { project_id: tenant.projectId }),
      keys: () => organization.projects.apiKeys.retrieve('key_x', { project_id: tenant.projectId }),
      adminKeys: () => organization.adminAPIKeys.list(),
      usage: () => organization.usage.completions({ start_time: 0, end_time: 10, project_ids: ['x'] }),
    };
    down = table(name);
    const error = await calls[name]?.().catch((thrown: Error) => thrown);
    expect(error).toMatchObject(overloaded);
    expect(String(error)).not.toMatch(/ECONNREFUSED|10\.0\.0\.1/);
  },
);

test('tools: a call that names one is refused with a 503 and not made, and all others go on', async () => {
  const { gateway, tenant, provider } = on();
  const tools = [{ type: 'function' as const, function: { name: 'sluice:get_weather' } }];
  await tenant.client.models.list();
  down = table('tools');
  await expect(tenant.client.chat.completions.create({ ...question, tools })).rejects.toMatchObject(overloaded);
  expect(provider.asked).toEqual([]);
  const own = [{ type: 'function' as const, function: { name: 'get_weather' } }];
  await expect(tenant.client.chat.completions.create({ ...question, tools: own })).resolves.toBeDefined();
  const body = { arguments: {} };
  await expect(tenant.client.post('/tools/get_weather/execute', { body })).rejects.toMatchObject(overloaded);
  await expect(gateway.withKey(adminKey).get('/organization/tools')).rejects.toMatchObject(overloaded);
});

test('admission: a tool that cannot be counted is not run', async () => {
  const { tenant } = on();
  await tenant.client.models.list();
  down = table('admission');
  const executed = tenant.client.post('/tools/get_weather/execute', { body: { arguments: {} } });
  await expect(executed).rejects.toMatchObject(overloaded);
});

test('idempotency keys of model calls: what they promise cannot be kept, so the call is refused with a 503 and not made', async () => {
  const { gateway, provider, ledger } = on();
  const { client, projectId } = await gateway.tenant();
  down = table('idempotency');
  const refused = client.chat.completions.create(question, { headers: { 'Idempotency-Key': 'down' } });
  await expect(refused).rejects.toMatchObject(overloaded);
  expect(provider.asked).toEqual([]);
  expect(await ledger(projectId)).toEqual([]);
  await expect(client.chat.completions.create(question)).resolves.toBeDefined();
});

test('idempotency keys of model calls: an answer that cannot be kept is given all the same', async () => {
  const { gateway } = on();
  const { client } = await gateway.tenant();
  down = (command) => table('idempotency')(command) && command.constructor.name !== 'PutCommand';
  const headers = { 'Idempotency-Key': 'kept-not' };
  await expect(client.chat.completions.create(question, { headers })).resolves.toBeDefined();
  await gateway.idle();
  expect(gateway.logs).toContainEqual(expect.objectContaining({ message: 'answer not kept' }));
});
