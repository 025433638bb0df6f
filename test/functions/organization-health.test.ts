/** GET /v1/organization/health, before a real database and a scripted provider that sees nothing but GET /models. */
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { closed, opened } from '../../shared/circuits/circuit.ts';
import { dynamoCircuitStore } from '../../shared/circuits/circuit-store.ts';
import { createHealth } from '../../shared/health/health.ts';
import { type Health, healthSchema } from '../../shared/health/health-object.ts';
import { healthOf } from '../../shared/health-deps.ts';
import { sortableId } from '../../shared/ids.ts';
import type { Host, RecentRequests } from '../../shared/observability/host.ts';
import { dynamoQueueStore } from '../../shared/queues/queue-store.ts';
import { testDatabase } from '../support/database.ts';
import { adminKey, baseURL, oneProvider, testGateway } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { answer, refusal, scriptedProvider } from '../support/scripted-provider.ts';

const recent: RecentRequests = {
  windowSeconds: 300,
  requests: 200,
  clientErrors: 3,
  serverErrors: 10,
  latencyMs: { p50: 400, p99: 2_000 },
  inputTokens: 1_000,
  outputTokens: 300,
  costMicroUsd: 2_500_000,
};
const host: Host = { exposition: async () => '', recent: () => recent };
const on = scene({ host });

const models = answer({ object: 'list', data: [] });

type Gateway = { readonly fetch: typeof fetch };
async function read({ fetch: ask }: Gateway, key = adminKey) {
  const response = await ask(`${baseURL}/organization/health`, { headers: { authorization: `Bearer ${key}` } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as Health };
}

/** After what is kept is told no more. */
const later = () => {
  on().gateway.clock.nowMs += 60_000;
};

beforeEach(() => {
  later();
  on().provider.script = models;
});

test('tells of each store, secret, queue, provider and of the last minutes that all is well, in the shape that is documented', async () => {
  const { gateway, provider } = on();
  const { status, body, headers } = await read(gateway);
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(healthSchema.parse(body)).toEqual(body);
  expect(body).toMatchObject({ object: 'organization.health', status: 'ok', reasons: [], circuits: [] });
  expect(body.checked_at).toBe(Math.floor(gateway.clock.nowMs / 1000));
  const ill = [...body.stores, ...body.secrets, ...body.queues, ...body.providers].filter((one) => one.status !== 'ok');
  expect(ill).toEqual([]);
  expect(body.stores.map(({ name }) => name)).toEqual(expect.arrayContaining(['keys', 'usage', 'admission', 'bodies']));
  expect(body.secrets.map(({ name }) => name)).toEqual(['admin key', 'pepper']);
  expect(body.providers).toMatchObject([{ name: 'scripted', kind: 'openai' }]);
  expect(body.metrics).toEqual({
    window_seconds: 300,
    requests: 200,
    client_errors: 3,
    server_errors: 10,
    error_rate: 0.05,
    latency_ms: { p50: 400, p99: 2_000 },
    input_tokens: 1_000,
    output_tokens: 300,
    cost_usd: 2.5,
  });
  expect(provider.asked.map(({ path }) => path)).toEqual(['/v1/models']);
});

test('is for admin keys alone', async () => {
  const { gateway, tenant } = on();
  expect((await read(gateway, tenant.key)).status).toBe(403);
  expect((await read(gateway, 'nobody')).status).toBe(401);
});

test('is looked for once in a few seconds, however many ask', async () => {
  const { gateway, provider } = on();
  await Promise.all([read(gateway), read(gateway), read(gateway)]);
  await read(gateway);
  expect(provider.asked).toHaveLength(1);
  gateway.clock.nowMs += 5_000;
  await read(gateway);
  expect(provider.asked).toHaveLength(2);
});

test.each([
  ['fails', refusal(500, { message: 'a canary' }), 'It answers with status 500.'],
  [
    'refuses our credential',
    refusal(401, { message: 'a canary sk-upstream' }),
    'It refuses the credential of the gateway.',
  ],
])('is down, with 503 and an error in shape, where the only provider %s', async (_name, script, reason) => {
  on().provider.script = script;
  const { status, body, text, headers } = await read(on().gateway);
  expect(status).toBe(503);
  expect(headers.get('x-should-retry')).toBe('false');
  expect(body).toMatchObject({
    status: 'down',
    reasons: [`provider scripted: ${reason}`],
    providers: [{ name: 'scripted', status: 'unavailable', reason }],
    error: { message: expect.stringContaining(reason), type: 'server_error', param: null, code: 'overloaded' },
  });
  expect(text).not.toMatch(/canary|sk-upstream/);
});

test('a provider that is silent is unavailable in a bounded time, and nothing else waits for it', async () => {
  const { gateway, provider } = on();
  provider.script = () => {};
  const health = await createHealth({ ...healthOf(gateway.live), patienceMs: 1_000, now: () => 0 })(host);
  expect(health.providers).toMatchObject([{ status: 'unavailable', reason: 'It has not answered within 1 s.' }]);
  expect(health.metrics?.requests).toBe(200);
});

test('an open circuit is told with its reason, and degrades', async () => {
  const { gateway, database } = on();
  const store = dynamoCircuitStore(database.db, database.db, database.names.circuits);
  const settings = { openSeconds: 60 } as Parameters<typeof opened>[4];
  const { nowMs } = gateway.clock;
  await store.replace('scripted/upstream-model', 0, opened(closed(), 'upstream_timeout', 5, nowMs, settings), nowMs);
  const { status, body } = await read(gateway);
  expect([status, body.status]).toEqual([200, 'degraded']);
  expect(body.circuits).toMatchObject([
    { provider: 'scripted', model: 'upstream-model', state: 'open', reason: 'upstream_timeout' },
  ]);
  expect(body.reasons).toEqual(['circuit scripted/upstream-model: open, upstream_timeout.']);
});

test('dead letters are counted, and degrade', async () => {
  const { gateway, database } = on();
  const store = dynamoQueueStore(database.db, database.queueTable);
  const id = sortableId('msg_', 0);
  await store.send('responses', id, { responseId: 'r' }, 0);
  const receiving = { nowMs: 1, visibleAgainAtMs: 2, most: 1, maxReceives: 1 };
  await store.receive('responses', receiving);
  await store.receive('responses', { ...receiving, nowMs: 3 });
  const { body } = await read(gateway);
  await database.db.send(new DeleteCommand({ TableName: database.queueTable, Key: { queue: 'responses.dead', id } }));
  expect(body.status).toBe('degraded');
  expect(body.reasons).toEqual(['queue responses: It has dead letters, which nobody could work on: 1.']);
  expect(body.queues.find(({ name }) => name === 'responses')).toMatchObject({
    status: 'degraded',
    dead_letters: 1,
    waiting: 0,
  });
});

test('keys, prompts and what providers say are in no answer and no log (I6)', async () => {
  const { gateway, provider } = on();
  provider.script = refusal(401, { message: 'Incorrect API key provided: sk-upstream-canary-key-0123456789' });
  const { text } = await read(gateway);
  expect(text + JSON.stringify(gateway.logs)).not.toContain('sk-upstream-canary');
  expect(text).not.toContain(adminKey);
});

describe('without a table', () => {
  test.each([
    ['responseCache', 200, 'degraded'],
    ['usage', 503, 'down'],
  ] as const)('%s it is %d and %s', async (table, status, overall) => {
    const database = await testDatabase();
    const provider = await scriptedProvider();
    provider.script = models;
    try {
      const gateway = await testGateway(database, oneProvider(provider.baseURL), { host });
      await database.db.send(new DeleteTableCommand({ TableName: database.names[table] }));
      const found = await read(gateway);
      expect(found.status).toBe(status);
      expect(found.body.status).toBe(overall);
      expect(found.body.reasons).toEqual([`table ${table}: It does not exist.`]);
    } finally {
      await Promise.all([database.stop(), provider.stop()]);
    }
  });
});
