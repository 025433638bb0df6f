/** Responses that are asked for again: under a key, by the SDK itself, or by the same words. */
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import { baseURL, type Tenant } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { counting, saying } from '../support/scripted-provider.ts';

const on = scene();
const question = { model: 'test-model', input: 'Say hello' };

/** Under a key, if there is one: what comes, and whether it is a repetition. */
async function sent({ key }: Tenant, body: object, headers: Record<string, string> = {}) {
  const response = await on().gateway.fetch(`${baseURL}/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...question, ...body }),
  });
  return { response, text: await response.text() };
}

test.each([{}, { stream: true }])(
  'under one key it is asked once, charged once and answered alike: %j',
  async (more) => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = counting();
    const under = { 'Idempotency-Key': `once ${JSON.stringify(more)}` };
    const first = await sent(tenant, more, under);
    await gateway.idle();
    const again = await sent(tenant, more, under);
    expect(first.text).toContain('answer');
    expect([
      first.response.headers.get('idempotent-replayed'),
      again.response.headers.get('idempotent-replayed'),
    ]).toEqual([null, 'true']);
    expect(again.text).toBe(first.text);
    expect(again.response.headers.get('content-type')).toBe(first.response.headers.get('content-type'));
    expect(provider.asked).toHaveLength(1);
    expect(await ledger(tenant.projectId)).toHaveLength(1);
  },
);

test.each<[string, (client: OpenAI) => Promise<string>]>([
  ['whole', async (client) => (await client.responses.create(question)).output_text],
  ['streamed', async (client) => (await client.responses.stream(question).finalResponse()).output_text],
])('a lost connection, %s: the retry of the SDK gets the first answer', async (_, ask) => {
  const { gateway, provider, ledger } = on();
  const tenant = await gateway.tenant();
  provider.script = counting(1_500);
  let lost = false;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (lost) return gateway.fetch(input, init);
    lost = true;
    const connection = new AbortController();
    void gateway.fetch(input, { ...init, signal: connection.signal }).catch(() => {});
    await sleep(100);
    connection.abort();
    throw new TypeError('socket hang up');
  };
  expect(await ask(new OpenAI({ baseURL, apiKey: tenant.key, maxRetries: 2, fetch }))).toBe('answer 1');
  expect(provider.asked).toHaveLength(1);
  expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'succeeded' }]);
});

test.each([{}, { stream: true }])(
  'no cache serves it, and a header says so where one was asked for: %j',
  async (more) => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    provider.script = counting();
    for (const words of ['answer 1', 'answer 2']) {
      const { response, text } = await sent(tenant, more, { 'x-sluice-cache': 'on' });
      expect(response.headers.get('x-sluice-cache')).toBe('bypass');
      expect(text).toContain(words);
      await gateway.idle();
    }
    const only = await sent(tenant, more, { 'x-sluice-cache': 'on', 'cache-control': 'only-if-cached' });
    expect(only.response.status).toBe(504);
    expect(provider.asked).toHaveLength(2);
  },
);

describe('an answer in a form that the SDK reads', () => {
  const format = zodTextFormat(z.object({ city: z.string(), degrees: z.number() }), 'weather');
  const weather = { city: 'Paris', degrees: 21 };

  test('is parsed, whole and streamed', async () => {
    const { provider, tenant } = on();
    provider.script = saying('{"city":"Par', 'is","degrees":21}');
    const body = { ...question, text: { format } };
    expect((await tenant.client.responses.parse(body)).output_parsed).toEqual(weather);
    expect((await tenant.client.responses.stream(body).finalResponse()).output_parsed).toEqual(weather);
    expect(provider.asked[0]?.body['text']).toMatchObject({ format: { type: 'json_schema', name: 'weather' } });
  });
});
