/** Asked again, elsewhere and in time: each attempt in the ledger, and none after the first byte (I3, I7). */
import type { Config } from '../../shared/config/schema.ts';
import { anotherProvider, question, scene } from '../support/scene.ts';
import { answer, completion, refusal, type Script, spoken, stream, wellBehaved } from '../support/scripted-provider.ts';

const other = anotherProvider();

const price = { input: 1, output: 2 };
const configured = (baseURL: string): Config => ({
  providers: { one: { kind: 'openai', baseURL }, two: { kind: 'openai', baseURL: other().baseURL } },
  models: {
    'test-model': { targets: ['one/a'], price },
    'two-models': { targets: ['one/a', 'one/b'], price },
    'two-providers': { targets: ['one/a', 'two/b'], price },
    shared: { targets: [['one/a', 'two/a'], 'one/z'], price },
  },
  // The reserve is for many tests in one instance, and failures here must not open circuits.
  resilience: { retry: { budgetReserve: 1_000 }, circuit: { failures: 1_000_000 } },
});
const on = scene({}, configured);

const down = refusal(500, { message: 'x' });

/** One script after the other; the last stays. */
function inTurn(...scripts: Script[]): Script {
  let turn = 0;
  return (response, asked) => scripts[Math.min(turn++, scripts.length - 1)]?.(response, asked);
}

describe('a provider that fails', () => {
  test('is asked again after a wait, and every attempt is in the ledger', async () => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = inTurn(down, down, answer(completion('at last')));
    const before = gateway.clock.nowMs;
    const { data, response } = await tenant.client.chat.completions.create(question).withResponse();
    expect(data.choices[0]?.message.content).toBe('at last');
    expect(response.headers.get('x-sluice-attempts')).toBe('3');
    // Half of 250 ms and half of 500 ms, since the test draws 0.5.
    expect(gateway.clock.nowMs - before).toBe(125 + 250);
    // The waits are the provider's, and no cost of the gateway: the clock moves for nothing else here.
    expect(response.headers.get('x-sluice-overhead-ms')).toBe('0');
    const rows = await ledger(tenant.projectId);
    expect(rows.map((row) => [row.ordinal, row.state === 'settled' && row.outcome]).sort()).toEqual([
      [1, 'failed'],
      [2, 'failed'],
      [3, 'succeeded'],
    ]);
  });

  test('is asked three times in all, and the caller hears of the last failure', async () => {
    const { provider, tenant } = on();
    provider.script = down;
    const call = tenant.client.chat.completions.create(question);
    await expect(call).rejects.toMatchObject({ status: 502, code: 'upstream_error' });
    expect(provider.asked).toHaveLength(3);
  });

  test('before the first chunk of a stream is asked again silently', async () => {
    const { provider, tenant } = on();
    provider.script = inTurn(stream([': hello\n\n'], { thenCut: true }), stream(spoken(['Good', ' morning'])));
    const words = [];
    for await (const chunk of await tenant.client.chat.completions.create({ ...question, stream: true }))
      words.push(chunk.choices[0]?.delta.content ?? '');
    expect(words.join('')).toBe('Good morning');
    expect(provider.asked).toHaveLength(2);
  });

  test('after the first chunk is not asked again, and the stream ends with the error', async () => {
    const { provider, tenant } = on();
    provider.script = stream(spoken(['Good', ' morning']).slice(0, 2), { thenCut: true });
    const read = async () => {
      for await (const _ of await tenant.client.chat.completions.create({ ...question, stream: true }));
    };
    await expect(read()).rejects.toMatchObject({ code: 'upstream_error' });
    expect(provider.asked).toHaveLength(1);
  });

  test('and has another beside it is left to that one at once', async () => {
    const { provider, gateway, tenant } = on();
    provider.script = down;
    const before = gateway.clock.nowMs;
    const { response } = await tenant.client.chat.completions
      .create({ ...question, model: 'two-providers' })
      .withResponse();
    expect(response.headers.get('x-sluice-provider')).toBe('two');
    expect(gateway.clock.nowMs).toBe(before);
  });

  test('is asked again only when all others have failed, too', async () => {
    const { provider, tenant } = on();
    provider.script = inTurn(down, wellBehaved);
    other().script = down;
    const { response } = await tenant.client.chat.completions
      .create({ ...question, model: 'two-providers' })
      .withResponse();
    expect(response.headers.get('x-sluice-provider')).toBe('one');
    expect([provider.asked.length, other().asked.length]).toEqual([2, 1]);
  });
});

describe('a rate limit of the provider', () => {
  test('is waited for, as long as the provider says', async () => {
    const { provider, gateway, tenant } = on();
    provider.script = inTurn(refusal(429, { message: 'x' }, { 'retry-after-ms': '4000' }), wellBehaved);
    const before = gateway.clock.nowMs;
    await tenant.client.chat.completions.create(question);
    expect(gateway.clock.nowMs - before).toBe(4_000 + 125);
  });

  test('is the answer at once where the provider asks for long: nothing is held meanwhile', async () => {
    const { provider, gateway } = on();
    const tenant = await gateway.tenant();
    provider.script = inTurn(refusal(503, { message: 'x' }, { 'retry-after': '300' }), wellBehaved);
    const before = gateway.clock.nowMs;
    const error = await tenant.client.chat.completions.create(question).catch((thrown) => thrown);
    expect(error).toMatchObject({ status: 502 });
    expect(error.headers.get('retry-after')).toBe('300');
    expect(provider.asked).toHaveLength(1);
    expect(gateway.clock.nowMs).toBe(before);
  });

  test('is the answer, with its retry-after, where waiting would be too late', async () => {
    const { provider, tenant } = on();
    provider.script = refusal(429, { message: 'x' }, { 'retry-after': '7' });
    const error = await tenant.client.chat.completions.create(question, { timeout: 6_000 }).catch((thrown) => thrown);
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    expect(error.headers.get('retry-after')).toBe('7');
    expect(provider.asked).toHaveLength(1);
  });
});

describe('nothing is repeated', () => {
  test.each([400, 404, 422])('where the provider says %i: the request is at fault', async (status) => {
    const { provider, tenant } = on();
    provider.script = refusal(status, { message: 'bad' });
    await expect(tenant.client.chat.completions.create(question)).rejects.toMatchObject({ status });
    expect(provider.asked).toHaveLength(1);
  });

  test.each([
    ['has no money left for us', refusal(429, { message: 'x', code: 'insufficient_quota' })],
    ['says that it would not help', refusal(500, { message: 'x' }, { 'x-should-retry': 'false' })],
  ])('at a provider that %s, but elsewhere it is', async (_, script) => {
    const { provider, tenant } = on();
    provider.script = script;
    await expect(tenant.client.chat.completions.create(question)).rejects.toMatchObject({ status: 502 });
    expect(provider.asked).toHaveLength(1);
    const answered = await tenant.client.chat.completions.create({ ...question, model: 'two-providers' });
    expect(answered.choices).toHaveLength(1);
    expect(other().asked).toHaveLength(1);
  });

  test('at a provider that refuses our credential, by whichever of its models', async () => {
    const { provider, tenant } = on();
    provider.script = refusal(401, { message: 'x' });
    const call = tenant.client.chat.completions.create({ ...question, model: 'two-models' });
    await expect(call).rejects.toMatchObject({ status: 502, code: 'upstream_auth' });
    expect(provider.asked).toHaveLength(1);
  });

  test('once the caller has stopped waiting, and the caller hears of it before that', async () => {
    const { provider, tenant, gateway, ledger } = on();
    const hurried = await gateway.tenant();
    provider.script = () => {};
    const call = hurried.client.chat.completions.create(question, { timeout: 1_500 });
    await expect(call).rejects.toMatchObject({ status: 504, code: 'upstream_timeout' });
    expect(provider.asked).toHaveLength(1);
    expect(await ledger(hurried.projectId)).toMatchObject([{ outcome: 'timed_out' }]);
    expect(tenant.projectId).not.toBe(hurried.projectId);
  });
});

describe('targets that share the load', () => {
  const ask = (content: string) =>
    on()
      .tenant.client.chat.completions.create({ model: 'shared', messages: [{ role: 'user', content }] })
      .withResponse()
      .then(({ response }) => response.headers.get('x-sluice-provider'));

  test('get some conversations each, and every conversation stays where it is', async () => {
    const questions = Array.from({ length: 24 }, (_, index) => `question ${index}`);
    const first = await Promise.all(questions.map(ask));
    expect(new Set(first)).toEqual(new Set(['one', 'two']));
    expect(await Promise.all(questions.map(ask))).toEqual(first);
  });

  test('stand in for one another', async () => {
    const { provider } = on();
    provider.script = down;
    const providers = await Promise.all(Array.from({ length: 12 }, (_, index) => ask(`question ${index}`)));
    expect(new Set(providers)).toEqual(new Set(['two']));
  });
});
