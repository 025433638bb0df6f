/** Providers that fail are left alone, by every instance, and asked again by one call. */
import type { Config } from '../../shared/config/schema.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { anotherProvider, question, scene } from '../support/scene.ts';
import { refusal, spoken, stream, wellBehaved } from '../support/scripted-provider.ts';

const other = anotherProvider();

const price = { input: 1, output: 2 };
const configured = (baseURL: string): Config => ({
  providers: { one: { kind: 'openai', baseURL }, two: { kind: 'openai', baseURL: other().baseURL } },
  models: {
    'test-model': { targets: ['one/a'], price },
    'two-providers': { targets: ['one/a', 'two/b'], price },
  },
  resilience: { attempts: 1 },
});
const on = scene({}, configured);

/** Another instance, with a clock and a memory of its own. */
let elsewhere: TestGateway;
beforeAll(async () => {
  const { database, provider } = on();
  elsewhere = await testGateway(database, configured(provider.baseURL));
});

const down = refusal(500, { message: 'x' });
const openMs = 60_000;

async function failures(count: number): Promise<void> {
  const { provider, tenant, gateway } = on();
  provider.script = down;
  for (let call = 0; call < count; call += 1)
    await expect(tenant.client.chat.completions.create(question)).rejects.toMatchObject({ status: 502 });
  await gateway.idle();
  provider.asked.length = 0;
}

const asked = () => on().tenant.client.chat.completions.create(question);

describe('after five failures', () => {
  test('the provider is not asked, and the caller hears when it may be', async () => {
    await failures(5);
    const error = await asked().catch((thrown) => thrown);
    expect(error).toMatchObject({ status: 503, code: 'circuit_open', type: 'server_error' });
    const wait = Number(error.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    // A minute is more than anybody's SDK should hang.
    expect(error.headers.get('x-should-retry')).toBe('false');
    expect(error.headers.get('x-sluice-attempts')).toBe('0');
    expect(on().provider.asked).toEqual([]);
  });

  test('and not after four', async () => {
    await failures(4);
    on().provider.script = wellBehaved;
    expect((await asked()).choices).toHaveLength(1);
  });

  test('another instance does not ask it either, though it has seen none of them', async () => {
    const { provider, tenant, gateway } = on();
    await failures(5);
    elsewhere.clock.nowMs = gateway.clock.nowMs + 1_000;
    const call = elsewhere.withKey(tenant.key).chat.completions.create(question);
    await expect(call).rejects.toMatchObject({ status: 503, code: 'circuit_open' });
    expect(provider.asked).toEqual([]);
  });

  test('whoever has another provider goes there at once, and the ledger says so', async () => {
    const { gateway, provider, ledger } = on();
    await failures(5);
    const tenant = await gateway.tenant();
    const { response } = await tenant.client.chat.completions
      .create({ ...question, model: 'two-providers' })
      .withResponse();
    expect(response.headers.get('x-sluice-provider')).toBe('two');
    expect(response.headers.get('x-sluice-attempts')).toBe('1');
    expect(provider.asked).toEqual([]);
    expect(await ledger(tenant.projectId)).toMatchObject([{ provider: 'two', outcome: 'succeeded', ordinal: 1 }]);
  });

  test('a call that nobody is asked for counts as a request, costs nothing and gives back what it held', async () => {
    const { gateway, ledger } = on();
    await failures(5);
    const tenant = await gateway.tenant();
    await expect(tenant.client.chat.completions.create(question)).rejects.toMatchObject({ code: 'circuit_open' });
    expect(await ledger(tenant.projectId)).toMatchObject([
      { state: 'settled', outcome: 'unasked', costMicroUsd: 0, inputTokens: 0, outputTokens: 0 },
    ]);
    const { spend } = (await tenant.client.get('/key')) as { spend: { reserved_amount?: number } };
    expect(spend.reserved_amount ?? 0).toBe(0);
  });
});

describe('after a minute', () => {
  test('one call tries, and the others are asked to wait until it has ended', async () => {
    const { provider, gateway } = on();
    await failures(5);
    gateway.clock.nowMs += openMs;
    const { promise: mayAnswer, resolve } = Promise.withResolvers<void>();
    provider.script = async (response, question) => {
      await mayAnswer;
      await wellBehaved(response, question);
    };
    let refused = 0;
    const calls = Array.from({ length: 8 }, async () => {
      try {
        return (await asked()).choices.length;
      } catch (error) {
        expect(error).toMatchObject({ status: 503, code: 'circuit_open' });
        refused += 1;
        return 0;
      }
    });
    // The one that tries is not answered before all others have been refused.
    while (refused < calls.length - 1) await new Promise((resume) => setTimeout(resume, 5));
    resolve();
    expect((await Promise.all(calls)).filter((choices) => choices > 0)).toHaveLength(1);
    expect(provider.asked).toHaveLength(1);
    await gateway.idle();
    expect((await asked()).choices).toHaveLength(1);
  });

  test('a stream that tries is decided at its end: one that breaks off leaves the circuit open', async () => {
    const { provider, gateway, tenant } = on();
    await failures(5);
    gateway.clock.nowMs += openMs;
    provider.script = stream(spoken(['half', ' an answer']).slice(0, 2), { thenCut: true });
    const read = async () => {
      for await (const _ of await tenant.client.chat.completions.create({ ...question, stream: true }));
    };
    await expect(read()).rejects.toMatchObject({ code: 'upstream_error' });
    await gateway.idle();
    provider.script = wellBehaved;
    await expect(asked()).rejects.toMatchObject({ code: 'circuit_open' });
  });
});

describe('what is nobody’s failure', () => {
  test.each([
    ['requests at fault', refusal(400, { message: 'bad' }), 400],
    ['callers who do not wait', () => {}, 504],
  ])('leaves the circuit closed: %s', async (_, script, status) => {
    const { provider, tenant } = on();
    provider.script = script;
    for (let call = 0; call < 6; call += 1) {
      // Less than a second is announced as none, and taken for one.
      await expect(
        tenant.client.chat.completions.create(question, { headers: { 'x-stainless-timeout': '0' } }),
      ).rejects.toMatchObject({ status });
    }
    provider.script = wellBehaved;
    expect((await asked()).choices).toHaveLength(1);
  });

  test('a rate limit has the provider left alone for as long as it says, by every instance', async () => {
    const { provider, gateway, tenant } = on();
    provider.script = refusal(429, { message: 'x' }, { 'retry-after': '7' });
    await expect(asked()).rejects.toMatchObject({ status: 429 });
    await gateway.idle();
    provider.script = wellBehaved;
    elsewhere.clock.nowMs = gateway.clock.nowMs + 1_000;
    const error = await elsewhere
      .withKey(tenant.key)
      .chat.completions.create(question)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ status: 503, code: 'circuit_open' });
    // Worth waiting for.
    expect([error.headers.get('retry-after'), error.headers.get('x-should-retry')]).toEqual(['6', 'true']);
    gateway.clock.nowMs += 7_000;
    expect((await asked()).choices).toHaveLength(1);
  });

  test('our credential, refused: every model of the provider is left alone, and it is told', async () => {
    const { provider, gateway } = on();
    provider.script = refusal(401, { message: 'x' });
    await expect(asked()).rejects.toMatchObject({ status: 502, code: 'upstream_auth' });
    await gateway.idle();
    provider.script = wellBehaved;
    await expect(asked()).rejects.toMatchObject({ status: 503, code: 'circuit_open' });
    expect(gateway.events).toContain('CredentialRefused');
    gateway.clock.nowMs += openMs;
    expect((await asked()).choices).toHaveLength(1);
  });
});
