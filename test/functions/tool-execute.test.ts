/** POST /v1/tools/{name}/execute: tools that a project runs itself, among them the sample that ships with local start. */
import { createServer, type Server } from 'node:http';
import { resolve } from 'node:path';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import OpenAI from 'openai';
import { registerSampleTool } from '../../infra/local/sample-tool.ts';
import { dynamoToolStore } from '../../shared/tools/tool-store.ts';
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const environment = {
  LOCAL_TOOLS_FOLDER: resolve('infra/local/sample-tools'),
  SLUICE_TOOLS_ALLOW_LOOPBACK: '1',
};
const here = scene({ environment });

type Answering = (url: string, body: string, headers: Record<string, unknown>) => [status: number, body: string] | null;
let answering: Answering = () => [200, '{}'];
const received: { readonly body: string; readonly headers: Record<string, unknown> }[] = [];
let target: Server;
let url = '';

beforeAll(async () => {
  target = createServer(async (message, response) => {
    const parts: Buffer[] = [];
    for await (const part of message) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    received.push({ body, headers: message.headers });
    const said = answering(message.url ?? '', body, message.headers);
    if (said) response.writeHead(said[0]).end(said[1]);
  });
  await new Promise<void>((listening) => target.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(target.address() as { port: number }).port}/tool`;
  const { database, gateway } = here();
  await registerSampleTool(dynamoToolStore(database.db, database.names.tools), gateway.clock.nowMs);
});
afterAll(() => {
  target.close();
  target.closeAllConnections();
});
beforeEach(() => {
  received.length = 0;
  answering = () => [200, '{"ok":true}'];
});

type Result = {
  readonly object: string;
  readonly name: string;
  readonly result: unknown;
  readonly duration_ms: number;
};

const execute = (name: string, given: unknown, client = here().tenant.client, headers = {}) =>
  client.post<Result>(`/tools/${name}/execute`, { body: { arguments: given }, headers });

async function webhook(changes: object = {}): Promise<{ readonly name: string; readonly secret: string }> {
  const body = {
    name: `tool_${crypto.randomUUID().slice(0, 8)}`,
    description: 'Does something.',
    parameters: { type: 'object', properties: { to: { type: 'string' } }, required: ['to'] },
    target: { type: 'webhook', url },
    ...changes,
  };
  return here().gateway.withKey(adminKey).post('/organization/tools', { body });
}

test('the sample tool tells the weather, the same whenever it is asked, and says that it is made up', async () => {
  const first = await execute('get_weather', { location: 'Paris, France' });
  expect(first).toEqual({
    object: 'tool.result',
    name: 'get_weather',
    result: {
      location: 'Paris, France',
      temperature: expect.any(Number),
      unit: 'celsius',
      conditions: expect.any(String),
      note: expect.stringContaining('Made-up'),
    },
    duration_ms: expect.any(Number),
  });
  expect((await execute('get_weather', { location: 'Paris, France' })).result).toEqual(first.result);
  const { temperature } = first.result as { temperature: number };
  expect((await execute('get_weather', { location: 'Paris, France', unit: 'fahrenheit' })).result).toMatchObject({
    temperature: Math.round(temperature * 1.8 + 32),
  });
});

test('a webhook is called with a signature, and its answer given as JSON or as text', async () => {
  const { name, secret } = await webhook();
  expect((await execute(name, { to: 'x' })).result).toEqual({ ok: true });
  // The gateway's clock is the test's, and not now.
  const { body, headers } = received[0] ?? { body: '', headers: {} };
  const event = JSON.parse(body);
  await new OpenAI({ apiKey: 'unused' }).webhooks.verifySignature(
    body,
    headers as Record<string, string>,
    secret,
    1e12,
  );
  expect(event).toMatchObject({
    type: 'tool.call',
    data: { name, arguments: { to: 'x' }, run_id: null, project_id: here().tenant.projectId },
  });
  for (const text of ['plain text', '', '[1', '{"a":1,"a":2}', '['.repeat(100)]) {
    answering = () => [200, text];
    expect((await execute(name, { to: 'x' })).result).toBe(text);
  }
});

test('arguments that do not conform are refused with what is wrong, and nobody is called', async () => {
  const { name } = await webhook();
  await expect(execute(name, { to: 7 })).rejects.toMatchObject({
    status: 400,
    param: 'arguments',
    message: expect.stringMatching(/to/),
  });
  await expect(execute(name, [])).rejects.toMatchObject({ status: 400, param: 'arguments' });
  await expect(execute(name, undefined)).rejects.toMatchObject({ status: 400, param: 'arguments' });
  expect(received).toEqual([]);
});

test('a tool that is unknown, and one of another project, are the same 404 (I5)', async () => {
  const other = await here().gateway.tenant('other');
  const { name } = await webhook({ projects: [other.projectId] });
  const refusals = await Promise.all(
    [name, 'none_such'].map((asked) => execute(asked, { to: 'x' }).catch((error: unknown) => error)),
  );
  for (const refusal of refusals) expect(refusal).toMatchObject({ status: 404, code: 'not_found' });
  const [foreign, missing] = refusals as [{ message: string }, { message: string }];
  expect(foreign.message).toBe(missing.message);
  expect(received).toEqual([]);
  await expect(execute(name, { to: 'x' }, other.client)).resolves.toMatchObject({ object: 'tool.result' });
});

test('a tool that fails is a 502, and one that hangs a 504, which no SDK sends again', async () => {
  const { name } = await webhook({ timeout_ms: 150 });
  answering = () => [500, 'canary-of-the-tool'];
  const client = here().tenant.client.withOptions({ maxRetries: 2 });
  const failed = await execute(name, { to: 'x' }, client).catch((error: unknown) => error);
  expect(failed).toMatchObject({ status: 502, code: 'tool_failed', type: 'server_error' });
  expect(String(failed)).not.toMatch(/canary|127\.0\.0\.1/);
  answering = () => null;
  await expect(execute(name, { to: 'x' }, client)).rejects.toMatchObject({ status: 504, code: 'tool_timeout' });
  expect(received).toHaveLength(2);
});

test('under an Idempotency-Key it is the same call to the tool, and without one another each time', async () => {
  const { name } = await webhook();
  const ids = async (headers: object, client = here().tenant.client) => {
    received.length = 0;
    await execute(name, { to: 'x' }, client, headers);
    return received[0]?.headers['webhook-id'];
  };
  const key = { 'Idempotency-Key': 'mine' };
  const first = await ids(key);
  expect(await ids(key)).toBe(first);
  const other = await here().gateway.tenant('other');
  const others = [
    await ids({}),
    await ids({}),
    await ids({ 'Idempotency-Key': 'other' }),
    await ids(key, other.client),
  ];
  expect(new Set([first, ...others]).size).toBe(5);
});

test("it counts against the project's requests, with the headers that say so, and costs neither tokens nor money", async () => {
  const { gateway, database } = here();
  const { client, projectId } = await gateway.tenant('limited');
  await database.db.send(
    new UpdateCommand({
      TableName: database.names.projects,
      Key: { organization: 'organization', id: projectId },
      UpdateExpression: 'SET #limits = :limits',
      ExpressionAttributeNames: { '#limits': 'limits' },
      ExpressionAttributeValues: { ':limits': { requestsPerMinute: 60, burst: 3, tokensPerMinute: 10 } },
    }),
  );
  const call = () =>
    client.post(`/tools/get_weather/execute`, { body: { arguments: { location: 'Rome' } } }).asResponse();
  const first = await call();
  expect(first.headers.get('x-ratelimit-limit-requests')).toBe('60');
  const others = await Promise.allSettled(Array.from({ length: 5 }, call));
  const refused = others.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  // A burst of three, of which the clocks of instances take their part.
  expect(refused.length).toBeGreaterThanOrEqual(3);
  for (const reason of refused) expect(reason).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  gateway.clock.nowMs += 60_000;
  expect((await call()).status).toBe(200);
  expect(await here().ledger(projectId)).toEqual([]);
});

test('a project whose budget is used up may still run tools, which cost it nothing', async () => {
  const { gateway } = here();
  const { client, projectId } = await gateway.tenant('poor');
  await gateway.admin().admin.organization.projects.spendLimit.update(projectId, {
    currency: 'USD',
    interval: 'month',
    threshold_amount: 1,
  });
  await expect(execute('get_weather', { location: 'Rome' }, client)).resolves.toMatchObject({ object: 'tool.result' });
});

test('a key needs the scope for it', async () => {
  const { gateway, tenant } = here();
  const { serviceAccounts } = gateway.admin().admin.organization.projects;
  const keyWith = async (scope: string) => {
    const { value } = await serviceAccounts.apiKeys.create(tenant.accountId, {
      project_id: tenant.projectId,
      scopes: [scope],
    });
    return gateway.withKey(value);
  };
  await expect(execute('get_weather', { location: 'Rome' }, await keyWith('api.model.request'))).rejects.toMatchObject({
    status: 403,
  });
  await expect(execute('get_weather', { location: 'Rome' }, await keyWith('api.tools.execute'))).resolves.toMatchObject(
    { object: 'tool.result' },
  );
});
