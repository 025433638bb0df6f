/** What the SDK sends again by itself, without an Idempotency-Key, on an instance that knows of the first one. */
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { adminKey, baseURL, oneProvider, type Tenant, type TestGateway, testGateway } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { counting, refusal } from '../support/scripted-provider.ts';

const here = scene();

/** The SDK, whose connection is lost after so long, as often as told; it tries again by itself. */
function losing(
  { gateway, key }: { gateway: TestGateway; key: string },
  { afterMs, times = 1 }: { afterMs: number; times?: number },
): OpenAI {
  let lost = 0;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (lost >= times) return gateway.fetch(input, init);
    lost += 1;
    const connection = new AbortController();
    const made = gateway.fetch(input, { ...init, signal: connection.signal }).catch(() => {});
    await Promise.race([made.then(() => new Promise(() => {})), sleep(afterMs)]);
    connection.abort();
    throw new TypeError('socket hang up');
  };
  return new OpenAI({ baseURL, apiKey: key, maxRetries: times + 1, fetch });
}

const said = async (client: OpenAI, more: object = {}) =>
  (await client.chat.completions.create({ ...question, ...more })).choices[0]?.message.content;
const streamed = (client: OpenAI) => client.chat.completions.stream(question).finalContent();
const both: [string, (client: OpenAI) => Promise<string | null | undefined>][] = [
  ['whole', said],
  ['streamed', streamed],
];

async function newTenant(): Promise<Tenant & { gateway: TestGateway }> {
  const { gateway } = here();
  return { ...(await gateway.tenant()), gateway };
}

/** Asks, and is gone while the provider is still thinking. */
async function left({ key }: Tenant): Promise<void> {
  const { gateway, provider } = here();
  const connection = new AbortController();
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(question), signal: connection.signal };
  gateway.fetch(`${baseURL}/chat/completions`, request).catch(() => {});
  while (provider.asked.length === 0) await sleep(5);
  connection.abort();
}

describe.each(both)('a lost connection, %s', (_, ask) => {
  test.each([
    ['while the provider is still thinking', 100, 1],
    ['twice', 100, 2],
  ])('%s: the retry gets the first answer; asked once, charged once', async (__, afterMs, times) => {
    const { provider, ledger } = here();
    const tenant = await newTenant();
    provider.script = counting(2_500);
    expect(await ask(losing(tenant, { afterMs, times }))).toBe('answer 1');
    expect(provider.asked).toHaveLength(1);
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'succeeded', costMicroUsd: expect.any(Number) }]);
  });

  test('and the answer done before the retry came: it is served from memory', async () => {
    const { provider, ledger } = here();
    const tenant = await newTenant();
    provider.script = counting(200);
    expect(await ask(losing(tenant, { afterMs: 100 }))).toBe('answer 1');
    expect(provider.asked).toHaveLength(1);
    expect(await ledger(tenant.projectId)).toHaveLength(1);
    // Whoever was served is done: the same again is another call, even if it says that it is a retry.
    const headers = { 'x-stainless-retry-count': '1' };
    const { data, response } = await tenant.client.chat.completions.create(question, { headers }).withResponse();
    expect([data.choices[0]?.message.content, response.headers.get('idempotent-replayed')]).toEqual(['answer 2', null]);
  });

  test('where the first fails: the retry asks anew', async () => {
    const { provider } = here();
    const tenant = await newTenant();
    const next = counting();
    provider.script = async (response, asked) => {
      if (provider.asked.length > 1) return next(response, asked);
      await sleep(100);
      return refusal(400, { message: 'x' })(response, asked);
    };
    expect(await ask(losing(tenant, { afterMs: 30 }))).toBe('answer 1');
    expect(provider.asked).toHaveLength(2);
  });
});

describe('two calls stay two', () => {
  const retried = { headers: { 'x-stainless-retry-count': '1' } };

  test('where the first was answered', async () => {
    const { provider, gateway } = here();
    const { client } = await newTenant();
    provider.script = counting();
    expect(await said(client)).toBe('answer 1');
    await gateway.idle();
    expect((await client.chat.completions.create(question, retried)).choices[0]?.message.content).toBe('answer 2');
  });

  test('where the first is under way and its caller is there', async () => {
    const { provider } = here();
    const { client } = await newTenant();
    provider.script = counting(100);
    const first = said(client);
    await sleep(30);
    const second = client.chat.completions.create(question, retried);
    expect(new Set([await first, (await second).choices[0]?.message.content])).toEqual(
      new Set(['answer 1', 'answer 2']),
    );
  });

  test('where the second is no retry', async () => {
    const { provider } = here();
    const tenant = await newTenant();
    provider.script = counting(300);
    await left(tenant);
    expect(await said(tenant.client)).toBe('answer 2');
  });

  test('where the bodies differ', async () => {
    const { provider } = here();
    const tenant = await newTenant();
    provider.script = counting(300);
    await left(tenant);
    const other = await tenant.client.chat.completions.create({ ...question, seed: 1 }, retried);
    expect(other.choices[0]?.message.content).toBe('answer 2');
  });

  test('of two tenants, with the same body (I5)', async () => {
    const { provider, ledger } = here();
    const [one, other] = [await newTenant(), await newTenant()];
    provider.script = counting(300);
    await left(one);
    expect((await other.client.chat.completions.create(question, retried)).choices[0]?.message.content).toBe(
      'answer 2',
    );
    expect([await ledger(one.projectId), await ledger(other.projectId)].map(({ length }) => length)).toEqual([1, 1]);
  });

  test('on another instance, which knows of nothing', async () => {
    const { database, provider } = here();
    const tenant = await newTenant();
    const other = await testGateway(database, oneProvider(provider.baseURL));
    provider.script = counting(300);
    await left(tenant);
    const { choices } = await other.withKey(tenant.key).chat.completions.create(question, retried);
    expect(choices[0]?.message.content).toBe('answer 2');
    await other.idle();
  });
});

test('a retry that is refused gets nothing: its key is checked as ever', async () => {
  const { gateway, provider } = here();
  const tenant = await newTenant();
  provider.script = counting(200);
  await left(tenant);
  const retried = { headers: { 'x-stainless-retry-count': '1' } };
  await expect(gateway.withKey(adminKey).chat.completions.create(question, retried)).rejects.toMatchObject({
    status: 403,
  });
  await gateway.idle();
});

test('a retry whose own time is over before the first has its answer asks nobody, and may be tried again', async () => {
  const { gateway, provider } = here();
  const tenant = await newTenant();
  provider.script = counting(2_500);
  await left(tenant);
  const [first] = provider.asked;
  const again = await gateway.fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tenant.key}`,
      'content-type': 'application/json',
      'x-stainless-retry-count': '1',
      'x-stainless-timeout': '1',
    },
    body: JSON.stringify(question),
  });
  expect([again.status, JSON.parse(await again.text()).error.code]).toEqual([504, 'upstream_timeout']);
  expect(provider.asked).toEqual([first]);
  await gateway.idle();
});
