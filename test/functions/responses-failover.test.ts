/** Responses, where a provider fails: another answers, circuits open, and what was used is paid once. */
import type { Config } from '../../shared/config/schema.ts';
import { expectTrueBooks, spentBy } from '../invariants/support/books.ts';
import { clientsOf, houseOf, muchLater } from '../invariants/support/house.ts';
import type { Tenant } from '../support/gateway.ts';
import { anotherProvider, scene } from '../support/scene.ts';
import { answer, refusal, type Script, saying, stream } from '../support/scripted-provider.ts';
import { eventFrame, respondedEvents, respondedWith, response, responseUsage } from '../support/scripted-responses.ts';

const backup = anotherProvider();

const twoProviders = (baseURL: string): Config => ({
  providers: {
    first: { kind: 'openai', baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', responses: 'native', timeouts: { totalMs: 300 } },
    second: { kind: 'openai', baseURL: backup().baseURL, responses: 'native' },
  },
  models: {
    'test-model': { targets: ['first/a', 'second/b'], price: { input: 1, output: 2 } },
    alone: { targets: ['first/a'], price: { input: 1, output: 2 } },
  },
  resilience: { attempts: 2, circuit: { failures: 3 } },
});
const on = scene({}, twoProviders);

const question = { model: 'test-model', input: 'Say hello' };
const failedWith = (code: string, used: unknown = null) =>
  response('failed', [], { error: { code, message: 'canary' }, usage: used });
const [created = '', inProgress = '', ...answering] = respondedEvents(['Hello']);
const failedEvent = eventFrame({ type: 'response.failed', response: failedWith('server_error', responseUsage(7, 1)) });

const whole = async ({ client }: Tenant) => (await client.responses.create(question)).output_text;
const streamed = async ({ client }: Tenant) => (await client.responses.stream(question).finalResponse()).output_text;

test.each<[string, (tenant: Tenant) => Promise<string>, Script]>([
  ['whole: 500', whole, refusal(500, { message: 'x' })],
  ['whole: a response that has failed', whole, answer(failedWith('server_error'))],
  ['whole: its limit', whole, answer(failedWith('rate_limit_exceeded'))],
  ['whole: no answer in time', whole, () => {}],
  ['streamed: 500', streamed, refusal(500, { message: 'x' })],
  ['streamed: cut before it says anything', streamed, stream([created, inProgress], { thenCut: true })],
  ['streamed: created, and failed', streamed, stream([created, inProgress, failedEvent], { pauseMs: 5 })],
  [
    'streamed: created, and an error',
    streamed,
    stream([created, eventFrame({ type: 'error', code: 'x', message: 'y' })]),
  ],
  ['streamed: created, and silent', streamed, (response) => void response.writeHead(200).write(created)],
])('%s: the next provider answers, and nobody notices (I7)', async (_, ask, script) => {
  const { provider, gateway, ledger } = on();
  const tenant = await gateway.tenant();
  provider.script = script;
  backup().script = saying('from the ', 'second');
  expect(await ask(tenant)).toBe('from the second');
  const rows = await ledger(tenant.projectId);
  expect(rows.map((row) => [row.ordinal, row.provider, row.state === 'settled' && row.outcome]).sort()).toEqual([
    [1, 'first', expect.stringMatching(/failed|timed_out/)],
    [2, 'second', 'succeeded'],
  ]);
});

test.each<[string, Script]>([
  ['a refusal', refusal(400, { message: 'x' })],
  ['a response that has failed for its request', answer(failedWith('invalid_prompt'))],
])('%s is not tried elsewhere, and no circuit opens for it', async (_, script) => {
  const { provider, gateway } = on();
  const { client } = await gateway.tenant();
  provider.script = script;
  for (let times = 0; times < 5; times++) {
    await expect(client.responses.create(question)).rejects.toMatchObject({ status: 400 });
  }
  expect([provider.asked.length, backup().asked.length]).toEqual([5, 0]);
});

test.each<[string, (tenant: Tenant) => Promise<string>, Script]>([
  ['whole', whole, answer(failedWith('server_error'))],
  ['before they say anything', streamed, stream([created, failedEvent])],
  ['in the midst', streamed, stream([created, inProgress, ...answering.slice(0, 3)], { thenCut: true })],
])('a provider that fails again and again is left alone: %s', async (_, ask, script) => {
  const { provider, gateway } = on();
  const tenant = await gateway.tenant();
  provider.script = script;
  backup().script = saying('saved');
  for (let times = 0; times < 4; times++) {
    await ask(tenant).catch(() => {});
    await gateway.idle();
  }
  const before = provider.asked.length;
  expect(before).toBeGreaterThanOrEqual(3);
  expect(await ask(tenant)).toBe('saved');
  expect(provider.asked).toHaveLength(before);
});

describe('what a response has used that failed', () => {
  const books = async ({ projectId }: Tenant) => {
    const { database, gateway } = on();
    await gateway.idle();
    const house = houseOf({
      clients: clientsOf(database.endpoint),
      names: database.names,
      now: () => gateway.clock.nowMs,
    });
    await house.sweepAt(muchLater(gateway.clock.nowMs));
    return spentBy(await expectTrueBooks(house, projectId, gateway.clock.nowMs));
  };
  const used = responseUsage(100, 10);

  test('is paid, although nobody answered (I3)', async () => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = answer(failedWith('invalid_prompt', used));
    await expect(tenant.client.responses.create({ ...question, model: 'alone' })).rejects.toMatchObject({
      status: 400,
    });
    expect(await ledger(tenant.projectId)).toMatchObject([
      { outcome: 'refused', inputTokens: 100, outputTokens: 10, costMicroUsd: 120 },
    ]);
    expect(await books(tenant)).toBe(120);
  });

  test.each<[string, (tenant: Tenant) => Promise<string>, Script]>([
    ['whole', whole, answer(failedWith('server_error', used))],
    [
      'streamed',
      streamed,
      stream([created, eventFrame({ type: 'response.failed', response: failedWith('server_error', used) })]),
    ],
  ])('is paid beside what the next one used, %s (I2, I3)', async (_, ask, script) => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = script;
    backup().script = (response, asked) =>
      (asked.body['stream'] ? stream(respondedEvents(['b'], responseUsage(10, 5))) : answer(respondedWith('b')))(
        response,
        asked,
      );
    await ask(tenant);
    const rows = await ledger(tenant.projectId);
    expect(rows.map((row) => row.state === 'settled' && row.costMicroUsd).sort()).toEqual([120, 20]);
    expect(await books(tenant)).toBe(140);
  });

  test('is in the header that tells what the call has cost', async () => {
    const { provider, gateway } = on();
    const { client } = await gateway.tenant();
    provider.script = answer(failedWith('server_error', used));
    backup().script = answer(respondedWith('b', responseUsage(10, 5)));
    const { response: http } = await client.responses.create(question).withResponse();
    expect(http.headers.get('x-sluice-cost-usd')).toBe('0.000140');
  });
});
