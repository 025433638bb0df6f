/** Lines of batches through the pipeline of live calls: what they are answered, and what the ledger has of them (I1 to I5). */
import { getEventListeners } from 'node:events';
import type { Config } from '../../../shared/config/schema.ts';
import type { StoredAttempt } from '../../../shared/usage/attempt.ts';
import { type AskLine, batchId, lineAsker } from '../../support/batch-line.ts';
import { oneProvider, testGateway } from '../../support/gateway.ts';
import { holdTo } from '../../support/policy.ts';
import { weather } from '../../support/run-scene.ts';
import { attack, tenantWith } from '../../support/safety-scene.ts';
import { anotherProvider, question, scene } from '../../support/scene.ts';
import { answer, completion, refusal, type Script, usage } from '../../support/scripted-provider.ts';
import { respondedWith, response, responseUsage } from '../../support/scripted-responses.ts';
import { saying, weatherIn } from '../../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../../support/tool-server.ts';

const chat = '/v1/chat/completions';
const second = anotherProvider();
const tools = servedTools();

const config = (baseURL: string): Config => {
  const one = oneProvider(baseURL);
  const price = { input: 1, output: 4 };
  return {
    ...one,
    providers: {
      ...one.providers,
      second: { kind: 'openai', baseURL: second().baseURL },
      translated: { kind: 'openai', baseURL, responses: 'translated' },
    },
    models: {
      ...one.models,
      'fallen-back': { targets: ['scripted/upstream-model', 'second/other-model'], price },
      'translated-model': { targets: ['translated/upstream-model'], price },
      vectors: { targets: ['scripted/text-embedding-3-small'], price: { input: 1 } },
    },
  };
};
const on = scene({ environment: loopbackTools }, config);
let ask: AskLine;
beforeAll(async () => {
  ask = lineAsker(on().gateway, on().database);
  await registered(on().gateway, tools().url);
});

/** Of one millisecond, in which the clock of the tests stands still. */
const inOrder = (rows: readonly StoredAttempt[], by: (row: StoredAttempt) => number) =>
  rows.toSorted((a, b) => by(a) - by(b));
const costOf = (row: StoredAttempt): number => (row.state === 'settled' ? row.costMicroUsd : 0);

/** Says when it has been asked, and never answers. */
const silent = () => {
  let reached = () => {};
  const asked = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const script: Script = () => reached();
  return { asked, script };
};

describe('an answer is the one that a live call would have had', () => {
  test('for a chat', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = answer(completion('Grüße 🌍', usage(100, 20, 40)));
    const body = { ...question, temperature: 0.5 };
    expect(await ask(tenant, chat, body, { requestId: 'batch_req_1' })).toEqual({
      kind: 'answered',
      status: 200,
      body: completion('Grüße 🌍', usage(100, 20, 40)),
    });
    expect(provider.asked).toMatchObject([
      { path: '/v1/chat/completions', body: { model: 'upstream-model', temperature: 0.5 } },
    ]);
    expect(await ledger(tenant.projectId)).toMatchObject([
      {
        requestId: 'batch_req_1',
        batch: true,
        outcome: 'succeeded',
        inputTokens: 100,
        cachedInputTokens: 40,
        outputTokens: 20,
        costMicroUsd: 150,
      },
    ]);
  });

  test.each(['test-model', 'translated-model'])(
    'for a response, of a provider that has them or not (%s)',
    async (model) => {
      const { gateway, provider, ledger } = on();
      const tenant = await gateway.tenant();
      provider.script = (http, asked) =>
        answer(
          asked.path.endsWith('/responses')
            ? respondedWith('Hi', responseUsage(100, 20))
            : completion('Hi', usage(100, 20)),
        )(http, asked);
      const line = await ask(tenant, '/v1/responses', { model, input: 'Say hello' });
      expect(line).toMatchObject({ kind: 'answered', status: 200, body: { object: 'response', status: 'completed' } });
      expect(await ledger(tenant.projectId)).toMatchObject([{ batch: true, inputTokens: 100, outputTokens: 20 }]);
      // It can be gone on from, as any other.
      const { id } = (line as { body: { id: string } }).body;
      expect(await tenant.client.responses.retrieve(id)).toMatchObject({ id, output_text: 'Hi' });
    },
  );

  test('for a response that follows on another', async () => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    const { id } = await tenant.client.responses.create({ model: 'test-model', input: 'My name is Ada.' });
    await gateway.idle();
    await ask(tenant, '/v1/responses', { model: 'test-model', input: 'Who am I?', previous_response_id: id });
    expect(JSON.stringify(provider.asked.at(-1)?.body['input'])).toContain('My name is Ada.');
  });

  test('for embeddings', async () => {
    const { gateway, ledger } = on();
    const tenant = await gateway.tenant();
    expect(await ask(tenant, '/v1/embeddings', { model: 'vectors', input: ['one', 'two'] })).toMatchObject({
      kind: 'answered',
      status: 200,
      body: { object: 'list', data: [{ object: 'embedding' }] },
    });
    expect(await ledger(tenant.projectId)).toMatchObject([{ batch: true, kind: 'embeddings', inputTokens: 7 }]);
  });

  test('where another provider has to stand in, with every attempt in the ledger (I3)', async () => {
    const { database, provider, ledger } = on();
    const gateway = await testGateway(database, { ...config(provider.baseURL), resilience: { attempts: 2 } });
    const tenant = await gateway.tenant();
    provider.script = refusal(500, { message: 'boom' });
    second().script = answer(completion('from the second'));
    const line = await lineAsker(gateway, database)(tenant, chat, { ...question, model: 'fallen-back' });
    expect(line).toMatchObject({ status: 200, body: { choices: [{ message: { content: 'from the second' } }] } });
    expect(inOrder(await ledger(tenant.projectId), ({ ordinal }) => ordinal)).toMatchObject([
      { batch: true, provider: 'scripted', outcome: 'failed', costMicroUsd: 0 },
      { batch: true, provider: 'second', outcome: 'succeeded' },
    ]);
  });

  test('with tools of the gateway run within the line, each question metered as of the batch (I3)', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = saying([weatherIn('Paris')], 'It is sunny in Paris.');
    const line = await ask(tenant, chat, { ...question, tools: [weather] });
    expect(line).toMatchObject({ status: 200, body: { choices: [{ message: { content: 'It is sunny in Paris.' } }] } });
    expect(tools().called).toMatchObject([{ name: 'get_weather' }]);
    const rows = await ledger(tenant.projectId);
    expect(rows).toMatchObject([1, 2].map(() => ({ batch: true, outcome: 'succeeded' })));
  });

  test('in one piece and at once, whatever the line says', async () => {
    const { provider, tenant } = on();
    const streamed = { stream: true, stream_options: { include_usage: true } };
    expect(await ask(tenant, chat, { ...question, ...streamed })).toMatchObject({ status: 200 });
    const line = { model: 'test-model', input: 'Say hello', background: true };
    expect(await ask(tenant, '/v1/responses', line)).toMatchObject({ status: 200, body: { status: 'completed' } });
    for (const { body } of provider.asked) {
      expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['stream']));
      expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['stream_options']));
    }
  });

  test('from the cache where the project has one, metered as such', async () => {
    const { gateway, database, provider, ledger } = on();
    const tenant = await gateway.tenant();
    await holdTo(database, tenant.projectId, {
      resilience: { cache: 'on', cacheTtlSeconds: null, onDisconnect: 'cancel', fallbackMessage: null },
    });
    const first = await ask(tenant, chat, question);
    expect(await ask(tenant, chat, question)).toEqual(first);
    expect(provider.asked).toHaveLength(1);
    expect(inOrder(await ledger(tenant.projectId), costOf)).toMatchObject([
      { batch: true, outcome: 'cached', costMicroUsd: 0 },
      { batch: true, outcome: 'succeeded' },
    ]);
  });

  test('its log line and its metrics say which batch it is of', async () => {
    const { gateway, tenant } = on();
    await ask(tenant, chat, question, { requestId: 'batch_req_told' });
    await ask(tenant, chat, { model: 'test-model' }, { requestId: 'batch_req_wrong' });
    const lines = gateway.logs.filter(({ message }) => message === 'request');
    expect(lines).toMatchObject(
      ['batch_req_told', 'batch_req_wrong'].map((requestId) => ({
        facts: { requestId, batchId, route: 'POST /chat/completions' },
      })),
    );
  });
});

test('lines of two projects at once are each answered, metered and paid by their own (I5, I10)', async () => {
  const { gateway, provider, ledger } = on();
  const tenants = [await gateway.tenant(), await gateway.tenant()] as const;
  provider.script = async (http, asked) => {
    const [{ content }] = asked.body['messages'] as [{ content: string }];
    return answer(completion(`to ${content}`))(http, asked);
  };
  const lines = Array.from({ length: 20 }, (_, index) => ({ index, tenant: tenants[index % 2 === 0 ? 0 : 1] }));
  const answers = await Promise.all(
    lines.map(({ index, tenant }) =>
      ask(tenant, chat, { ...question, messages: [{ role: 'user', content: `line ${index}` }] }),
    ),
  );
  expect(answers).toMatchObject(
    lines.map(({ index }) => ({ body: { choices: [{ message: { content: `to line ${index}` } }] } })),
  );
  for (const { projectId } of tenants) expect(await ledger(projectId)).toHaveLength(10);
});

describe('what is wrong with a line is its answer, which stands in the error file', () => {
  test.each<[string, object | string, number, object]>([
    ['is no JSON', '{"model": ', 400, { type: 'invalid_request_error' }],
    ['says a name twice', '{"model": "a", "model": "test-model", "messages": []}', 400, {}],
    ['lacks what it needs', { model: 'test-model' }, 400, { param: 'messages' }],
    ['names no model that there is', { ...question, model: 'none' }, 404, { code: 'model_not_found' }],
    ['names a model without a price (I4)', { ...question, model: 'unpriced' }, 400, { code: 'model_not_priced' }],
  ])('one that %s', async (_, body, status, error) => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    expect(await ask(tenant, chat, body)).toMatchObject({ kind: 'answered', status, body: { error } });
    expect(await ask(tenant, chat, body)).not.toHaveProperty('retryable');
    expect(provider.asked).toEqual([]);
    expect(await ledger(tenant.projectId)).toEqual([]);
  });

  test('one that the provider refuses, with what it says', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = refusal(400, { message: 'No such voice.', param: 'voice', code: 'unknown_voice' });
    const line = await ask(tenant, chat, question);
    expect(line).toEqual({
      kind: 'answered',
      status: 400,
      body: { error: expect.objectContaining({ message: 'No such voice.', code: 'unknown_voice' }) },
    });
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'refused', costMicroUsd: 0 }]);
  });

  test('one that a guardrail refuses: it is counted, and no provider is asked', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await tenantWith(gateway, { injection: { mode: 'block' } });
    const line = await ask(tenant, chat, { ...question, messages: [{ role: 'user', content: attack }] });
    expect(line).toMatchObject({ kind: 'answered', status: 400, body: { error: { code: 'prompt_injection' } } });
    expect(line).not.toHaveProperty('retryable');
    expect(provider.asked).toEqual([]);
    expect(await ledger(tenant.projectId)).toMatchObject([{ batch: true, outcome: 'blocked', costMicroUsd: 0 }]);
  });

  test('one whose key may not ask models', async () => {
    const { gateway, database, provider } = on();
    const tenant = await gateway.tenant();
    await holdTo(database, tenant.projectId, {
      modelPermissions: { mode: 'allow_list', modelIds: ['other'] },
    } as never);
    expect(await ask(tenant, chat, question)).toMatchObject({
      status: 403,
      body: { error: { code: 'model_not_allowed' } },
    });
    expect(provider.asked).toEqual([]);
  });

  test('one that a limit of tokens will never let in', async () => {
    const { gateway, database } = on();
    const tenant = await gateway.tenant();
    await holdTo(database, tenant.projectId, { limits: { tokensPerMinute: 100 } } as never);
    const long = { ...question, messages: [{ role: 'user', content: 'word '.repeat(2_000) }] };
    const line = await ask(tenant, chat, long);
    expect(line).toMatchObject({ kind: 'answered', status: 429, body: { error: { code: 'rate_limit_exceeded' } } });
    expect(line).not.toHaveProperty('retryable');
  });
});

describe('what may come later is waited for', () => {
  test('a limit, for as long as it says', async () => {
    const { gateway, database, provider } = on();
    const tenant = await gateway.tenant();
    await holdTo(database, tenant.projectId, { limits: { requestsPerMinute: 1, burst: 1 } } as never);
    expect(await ask(tenant, chat, question)).toMatchObject({ status: 200 });
    const line = await ask(tenant, chat, question);
    expect(line).toMatchObject({ kind: 'wait', error: { code: 'rate_limit_exceeded' } });
    const { retryAfterMs } = line as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(50_000);
    gateway.clock.nowMs += retryAfterMs;
    expect(await ask(tenant, chat, question)).toMatchObject({ status: 200 });
    expect(provider.asked).toHaveLength(2);
  });

  test("a provider's limit, which costs nothing", async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = refusal(429, { message: 'slow down' }, { 'retry-after': '20' });
    expect(await ask(tenant, chat, question)).toMatchObject({
      kind: 'wait',
      error: { code: 'rate_limit_exceeded' },
      retryAfterMs: 20_000,
    });
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'failed', costMicroUsd: 0 }]);
  });

  test('a provider that is dead, once its circuit is open', async () => {
    const { database, provider } = on();
    const gateway = await testGateway(database, {
      ...oneProvider(provider.baseURL),
      resilience: { attempts: 1, circuit: { failures: 2 } },
    });
    const tenant = await gateway.tenant();
    provider.script = refusal(503, { message: 'down' });
    const dead = lineAsker(gateway, database);
    const lines = [];
    for (let count = 0; count < 4; count += 1) lines.push(await dead(tenant, chat, question));
    expect(lines.map(({ kind }) => kind)).toEqual(['answered', 'answered', 'wait', 'wait']);
    expect(lines[0]).toMatchObject({ status: 502, retryable: true, body: { error: { code: 'upstream_error' } } });
    expect(lines[3]).toMatchObject({ error: { code: 'circuit_open' } });
    expect((lines[3] as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(0);
    expect(provider.asked).toHaveLength(2);
  });

  test.each(['admission', 'usage', 'conversations'] as const)(
    'a store that is down before anybody was asked (I12): %s',
    async (name) => {
      const { database, provider } = on();
      const gateway = await testGateway(database, oneProvider(provider.baseURL), {
        environment: { [`${name.toUpperCase()}_TABLE`]: 'missing' },
      });
      const tenant = await on().gateway.tenant();
      const line = await lineAsker(gateway, database)(tenant, '/v1/responses', {
        model: 'test-model',
        input: 'x',
        ...(name === 'conversations' && { conversation: 'conv_x' }),
      });
      expect(line).toMatchObject({ kind: 'wait', error: { code: 'overloaded' } });
      expect(provider.asked).toEqual([]);
    },
  );
});

describe('what a provider fails at may be asked for again', () => {
  test.each<[string, Script, number, string]>([
    ['an error', refusal(500, { message: 'boom' }), 502, 'upstream_error'],
    ['no answer', (http) => void http.destroy(), 502, 'upstream_error'],
    ['an answer that is none', answer({ nothing: true }), 502, 'upstream_error'],
  ])('%s', async (_, script, status, code) => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = script;
    const line = await ask(tenant, chat, question);
    expect(line).toMatchObject({ kind: 'answered', status, retryable: true, body: { error: { code } } });
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'failed', costMicroUsd: 0 }]);
  });

  test('a credential that is refused: it may be mended by then', async () => {
    const { database, provider } = on();
    const gateway = await testGateway(database, oneProvider(provider.baseURL));
    const tenant = await gateway.tenant();
    provider.script = refusal(401, { message: 'no such key' });
    const refused = lineAsker(gateway, database);
    expect(await refused(tenant, chat, question)).toMatchObject({ status: 502, retryable: true });
    expect(await refused(tenant, chat, question)).toMatchObject({ kind: 'wait', error: { code: 'circuit_open' } });
  });

  test('silence until the end of the function', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = () => {};
    // All but 200 milliseconds are kept back for the accounts.
    const line = await ask(tenant, chat, question, { remainingMs: 3_200 });
    expect(line).toMatchObject({ kind: 'answered', status: 504, retryable: true });
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'timed_out', costMicroUsd: 0 }]);
  });

  test('a response that says that it has failed', async () => {
    const { provider, tenant } = on();
    provider.script = answer(response('failed', [], { error: { code: 'server_error', message: 'boom' } }));
    const line = await ask(tenant, '/v1/responses', { model: 'test-model', input: 'x' });
    expect(line).toMatchObject({ kind: 'answered', status: 502, retryable: true });
  });

  test('but not what has been done, and would be done and paid for once more', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    const first = saying([weatherIn('Paris')]);
    provider.script = (http, asked) =>
      (tools().called.length === 0 ? first : refusal(500, { message: 'boom' }))(http, asked);
    const line = await ask(tenant, chat, { ...question, tools: [weather] });
    expect(line).toMatchObject({ kind: 'answered', status: 502 });
    expect(line).not.toHaveProperty('retryable');
    expect(inOrder(await ledger(tenant.projectId), costOf)).toMatchObject([
      { outcome: 'failed' },
      { outcome: 'succeeded' },
    ]);
  });

  test('nor is a fallback message told: nobody waits, and something better may come', async () => {
    const { gateway, database, provider } = on();
    const tenant = await gateway.tenant();
    const resilience = {
      cache: 'off',
      cacheTtlSeconds: null,
      onDisconnect: 'cancel',
      fallbackMessage: 'Sorry.',
    } as const;
    await holdTo(database, tenant.projectId, { resilience });
    provider.script = refusal(500, { message: 'boom' });
    expect(await ask(tenant, chat, question)).toMatchObject({ status: 502, retryable: true });
    expect((await tenant.client.chat.completions.create(question)).choices[0]?.message.content).toBe('Sorry.');
  });
});

describe('money', () => {
  test('a budget that affords so many lines pays for exactly those (I2)', async () => {
    const { gateway, database, provider, ledger } = on();
    const tenant = await gateway.tenant();
    // 4,000 tokens of output at $4 a million, and whatever its bytes may be in tokens at $1.
    const line = { ...question, max_completion_tokens: 4_000 };
    provider.script = answer(completion('x', usage(10, 4_000)));
    const each = 16_010;
    await holdTo(database, tenant.projectId, { spendLimitMicroUsd: 5 * each + 50 });
    const kinds = [];
    for (let count = 0; count < 8; count += 1) kinds.push(await ask(tenant, chat, line));
    expect(kinds.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 5 }, () => 'answered'),
      ...Array.from({ length: 3 }, () => 'unaffordable'),
    ]);
    expect(kinds.at(-1)).toMatchObject({ error: { code: 'insufficient_quota' } });
    const rows = await ledger(tenant.projectId);
    expect(rows).toHaveLength(5);
    expect(rows.reduce((sum, row) => sum + costOf(row), 0)).toBe(5 * each);
  });

  test('what others hold of it is waited for', async () => {
    const { gateway, database, provider } = on();
    const tenant = await gateway.tenant();
    await holdTo(database, tenant.projectId, { spendLimitMicroUsd: 20_000 });
    const { asked, script } = silent();
    provider.script = script;
    const stop = new AbortController();
    const line = { ...question, max_completion_tokens: 4_990 };
    const first = ask(tenant, chat, line, { stopped: stop.signal });
    await asked;
    expect(await ask(tenant, chat, line)).toMatchObject({ kind: 'wait', retryAfterMs: 1_000 });
    stop.abort();
    await first;
  });
});

describe('a line that nobody wants any more', () => {
  test('is not begun', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    expect(await ask(tenant, chat, question, { stopped: AbortSignal.abort() })).toEqual({ kind: 'stopped' });
    expect(provider.asked).toEqual([]);
    expect(await ledger(tenant.projectId)).toEqual([]);
  });

  test('is broken off, and metered as cancelled with what the provider has read (I3)', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    const { asked, script } = silent();
    provider.script = script;
    const stop = new AbortController();
    const line = ask(tenant, chat, question, { stopped: stop.signal });
    await asked;
    stop.abort();
    expect(await line).toEqual({ kind: 'stopped' });
    const [row, ...others] = await ledger(tenant.projectId);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ batch: true, outcome: 'cancelled', estimated: true, outputTokens: 0 });
    expect(row?.state === 'settled' && row.inputTokens).toBeGreaterThan(0);
  });

  test('leaves nothing behind on the signal that it shares with its batch', async () => {
    const { tenant } = on();
    const { signal } = new AbortController();
    await Promise.all([1, 2, 3].map(() => ask(tenant, chat, question, { stopped: signal })));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('ends its run before the next question, also while a tool is under way', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = saying([weatherIn('Paris')], 'It is sunny in Paris.');
    const stop = new AbortController();
    tools().script = () => stop.abort();
    expect(await ask(tenant, chat, { ...question, tools: [weather] }, { stopped: stop.signal })).toEqual({
      kind: 'stopped',
    });
    expect(provider.asked).toHaveLength(1);
    for (const row of await ledger(tenant.projectId)) expect(row.state).toBe('settled');
  });

  test('has been answered where its answer had come', async () => {
    const { provider, tenant } = on();
    const stop = new AbortController();
    provider.script = (http, asked) => {
      http.on('finish', () => setTimeout(() => stop.abort(), 50));
      return answer(completion('in time'))(http, asked);
    };
    expect(await ask(tenant, chat, question, { stopped: stop.signal })).toMatchObject({ status: 200 });
  });
});
