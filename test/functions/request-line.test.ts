/** The one line that the log has of a request: who, what, at whom, what for, and how long each stage took. */
import { stagesBeforeFirstByte } from '../../shared/observability/stages.ts';
import { baseURL } from '../support/gateway.ts';
import { isModeration, moderated, tenantWith } from '../support/safety-scene.ts';
import { anotherProvider, question, scene } from '../support/scene.ts';
import { answer, completion, refusal, spoken, stream, usage } from '../support/scripted-provider.ts';

const second = anotherProvider();
const on = scene({}, (url) => ({
  providers: {
    scripted: { kind: 'openai', baseURL: url, apiKeyEnv: 'TEST_PROVIDER_KEY' },
    second: { kind: 'openai', baseURL: second().baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY' },
  },
  models: {
    'test-model': { targets: ['scripted/upstream-model'], price: { input: 1, output: 4 }, contextWindow: 128_000 },
    'two-models': {
      targets: ['scripted/upstream-model', 'second/upstream-model'],
      price: { input: 1, output: 4 },
      contextWindow: 128_000,
    },
    'omni-moderation-latest': { targets: ['second/omni-moderation-latest'], price: { input: 0, output: 0 } },
  },
  resilience: { circuit: { failures: 1_000_000 } },
}));

async function lineOf(requestId: string | null | undefined): Promise<Record<string, unknown>> {
  await on().gateway.idle();
  const lines = on().gateway.logs.filter(
    ({ message, facts }) => message === 'request' && facts['requestId'] === requestId,
  );
  expect(lines).toHaveLength(1);
  return lines[0]?.facts ?? {};
}

const stagesIn = (line: Record<string, unknown>) => line['stagesMs'] as Record<string, number>;
const beforeFirstByte = (line: Record<string, unknown>): number =>
  stagesBeforeFirstByte.reduce((sum, stage) => sum + (stagesIn(line)[stage] ?? 0), 0);

test('has the ids, the names, the money and the milliseconds of a whole answer', async () => {
  const { gateway, provider, tenant } = on();
  provider.script = (response, asked) => {
    gateway.clock.nowMs += 40;
    return answer(completion('Paris', usage(10, 5)))(response, asked);
  };
  const { request_id } = await tenant.client.chat.completions.create(question).withResponse();
  const line = await lineOf(request_id);
  expect(line).toMatchObject({
    requestId: request_id,
    projectId: tenant.projectId,
    apiKeyId: expect.any(String),
    route: 'POST /chat/completions',
    status: 200,
    outcome: 'ok',
    model: 'test-model',
    provider: 'scripted',
    attempts: 1,
    inputTokens: 10,
    outputTokens: 5,
    costMicroUsd: 30,
    latencyMs: 40,
    firstByteMs: 40,
    stagesMs: { upstream: 40 },
  });
  expect(line).not.toHaveProperty('trail');
  expect(line).not.toHaveProperty('clientRequestId');
  expect(line).not.toHaveProperty('traceId');
});

test('tells the wait for a provider that failed, the one that answered and the guardrails apart', async () => {
  const { gateway, provider } = on();
  const { client } = await tenantWith(gateway, { moderation: { input: 'block', output: 'block' } });
  const script = moderated();
  second().script = (response, asked) => {
    gateway.clock.nowMs += isModeration(asked) ? 7 : 30;
    return script(response, asked);
  };
  provider.script = (response, asked) => {
    gateway.clock.nowMs += 11;
    return refusal(500, { message: 'down' })(response, asked);
  };
  const { request_id } = await client.chat.completions.create({ ...question, model: 'two-models' }).withResponse();
  const line = await lineOf(request_id);
  expect(line).toMatchObject({ attempts: 2, provider: 'second', firstByteMs: 55 });
  expect(stagesIn(line)).toEqual({ moderation: 14, upstream: 41 });
});

test('tells streaming from what came before it, and settlement from both', async () => {
  const { gateway, provider, tenant } = on();
  provider.script = async (response, asked) => {
    gateway.clock.nowMs += 25;
    const frames = spoken(['a', 'b', 'c']);
    await stream(frames, { pauseMs: 5 })(response, asked);
    gateway.clock.nowMs += 300;
  };
  const response = await gateway.fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...question, stream: true }),
  });
  await response.text();
  const line = await lineOf(response.headers.get('x-request-id'));
  expect(stagesIn(line)['upstream']).toBe(25);
  expect(Number(line['latencyMs'])).toBe(25 + (stagesIn(line)['streaming'] ?? 0));
});

test('of a refusal there are the stages that it came through', async () => {
  const { gateway, tenant } = on();
  const response = await gateway.fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
    body: '{',
  });
  expect(response.status).toBe(400);
  const line = await lineOf(response.headers.get('x-request-id'));
  expect(line).toMatchObject({ outcome: 'invalid_request', status: 400, stagesMs: {} });
});

test.each([false, true])(
  'stages before the first byte are no more than the time until it (stream: %s)',
  async (streamed) => {
    const { gateway, provider, tenant } = on();
    // Time goes by at every look at the clock.
    const usual = gateway.clock.nowMs;
    let looks = 0;
    Object.defineProperty(gateway.clock, 'nowMs', {
      configurable: true,
      get: () => usual + Math.floor(looks++ / 3),
      set: () => {},
    });
    try {
      provider.script = streamed ? stream(spoken(['a', 'b'])) : answer(completion('a'));
      const response = await gateway.fetch(`${baseURL}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...question, stream: streamed }),
      });
      await response.text();
      const line = await lineOf(response.headers.get('x-request-id'));
      expect(beforeFirstByte(line)).toBeGreaterThan(0);
      expect(beforeFirstByte(line)).toBeLessThanOrEqual(Number(line['firstByteMs']));
      expect(stagesIn(line)).toMatchObject({ admission: expect.any(Number), settlement: expect.any(Number) });
    } finally {
      Object.defineProperty(gateway.clock, 'nowMs', { configurable: true, writable: true, value: usual });
    }
  },
);

test('has the caller’s own id and trace, where they are what they should be', async () => {
  const { tenant } = on();
  const ask = (headers: Record<string, string>) =>
    tenant.client.chat.completions.create(question, { headers }).withResponse();
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const good = await ask({ 'x-client-request-id': 'checkout-7', traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
  expect(await lineOf(good.request_id)).toMatchObject({ clientRequestId: 'checkout-7', traceId });
  const bad = await ask({ 'x-client-request-id': 'my secret is out', traceparent: 'my-secret' });
  expect(JSON.stringify(await lineOf(bad.request_id))).not.toContain('secret');
});
