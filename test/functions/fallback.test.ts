/** Targets are tried in order, and every attempt stands in the ledger (I3). */
import type { Config } from '../../shared/config/schema.ts';
import { anotherProvider, question, scene } from '../support/scene.ts';
import { answer, completion, refusal, spoken, stream, usage } from '../support/scripted-provider.ts';

const backup = anotherProvider();

const twoProviders = (baseURL: string): Config => ({
  providers: {
    first: { kind: 'openai', baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', timeouts: { totalMs: 300 } },
    second: { kind: 'openai', baseURL: backup().baseURL },
  },
  models: {
    'test-model': { targets: ['first/a', 'second/b'], price: { input: 1, output: 2 } },
    'slow-model': { targets: ['first/a'], price: { input: 1, output: 2 } },
  },
  resilience: { attempts: 2 },
});
const on = scene({}, twoProviders);

const providersFault = [
  ['500', refusal(500, { message: 'x' })],
  ['our key refused', refusal(401, { message: 'x' })],
  ['its rate limit', refusal(429, { message: 'x' })],
  ['hung up', (response: { destroy(): unknown }) => void response.destroy()],
  ['no answer in time', () => {}],
  ['an empty answer', answer('')],
] as const;

test.each(providersFault)('%s: the next target answers, and both attempts are counted', async (_, script) => {
  const { provider, gateway, ledger } = on();
  const tenant = await gateway.tenant();
  provider.script = script;
  backup().script = answer(completion('from the second', usage(8, 2)));
  const { data, response } = await tenant.client.chat.completions.create(question).withResponse();
  expect(data.choices[0]?.message.content).toBe('from the second');
  expect(response.headers.get('x-sluice-provider')).toBe('second');
  expect(response.headers.get('x-sluice-attempts')).toBe('2');
  const rows = await ledger(tenant.projectId);
  expect(rows.map((row) => [row.ordinal, row.provider, row.state === 'settled' && row.outcome]).sort()).toMatchObject([
    [1, 'first', expect.stringMatching(/failed|timed_out/)],
    [2, 'second', 'succeeded'],
  ]);
  expect(new Set(rows.map(({ requestId }) => requestId)).size).toBe(1);
});

test('a stream that fails before its first chunk falls over silently (I7)', async () => {
  const { provider, gateway } = on();
  const tenant = await gateway.tenant();
  provider.script = stream([': wait\n\n'], { thenCut: true });
  backup().script = stream(spoken(['saved'], usage(3, 1)));
  const words = [];
  for await (const event of await tenant.client.chat.completions.create({ ...question, stream: true })) {
    words.push(event.choices[0]?.delta.content);
  }
  expect(words).toContain('saved');
});

test('the caller’s own mistake is not tried elsewhere', async () => {
  const { provider, tenant } = on();
  backup().asked.length = 0;
  provider.script = refusal(400, { message: 'bad', code: 'bad' });
  await expect(tenant.client.chat.completions.create(question)).rejects.toMatchObject({ status: 400, code: 'bad' });
  expect(backup().asked).toEqual([]);
});

test('when all fail, the caller hears of the last', async () => {
  const { provider, tenant } = on();
  provider.script = refusal(500, { message: 'x' });
  backup().script = refusal(429, { message: 'x' }, { 'retry-after': '3' });
  const error = await tenant.client.chat.completions.create(question).catch((thrown) => thrown);
  expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  expect(error.headers.get('x-sluice-attempts')).toBe('2');
});

test('a provider that does not answer in time, with nobody else to ask, is a 504', async () => {
  const { provider, gateway, ledger } = on();
  const tenant = await gateway.tenant();
  provider.script = () => {};
  const call = tenant.client.chat.completions.create({ ...question, model: 'slow-model' });
  await expect(call).rejects.toMatchObject({ status: 504, code: 'upstream_timeout', type: 'server_error' });
  expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'timed_out' }]);
});
