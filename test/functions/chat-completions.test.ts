import type { APIError } from 'openai';
import { dynamoUsageStore } from '../../shared/usage/usage-store.ts';
import { question, scene } from '../support/scene.ts';
import { answer, completion, usage } from '../support/scripted-provider.ts';

const on = scene();

describe('what has no price here is refused by its name (I4)', () => {
  const audio = { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }] };
  test.each<[string, object, string]>([
    ['audio in', { messages: [audio] }, 'messages'],
    ['audio out', { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }, 'modalities'],
    ['a service tier with prices of its own', { service_tier: 'priority' }, 'service_tier'],
    ['web searches', { web_search_options: {} }, 'web_search_options'],
  ])('%s', async (_, more, param) => {
    const { provider, tenant } = on();
    const asked = provider.asked.length;
    const refused = tenant.client.post('/chat/completions', { body: { ...question, ...more } });
    await expect(refused).rejects.toMatchObject({ status: 400, param });
    expect(provider.asked.length).toBe(asked);
  });
});

describe('a whole chat completion', () => {
  test('is what the provider said, to the byte', async () => {
    const { provider, tenant } = on();
    const said = `${JSON.stringify(completion('Hello ✨', usage(100, 20, 40)), null, 2)}\n`;
    provider.script = answer(said);
    const response = await tenant.client.chat.completions.create(question).asResponse();
    expect(await response.text()).toBe(said);
    expect(response.headers.get('content-type')).toBe('application/json');
  });

  test('says where it came from and what it cost', async () => {
    const { provider, tenant } = on();
    provider.script = answer(completion('Hello', usage(1_000_000, 500_000, 400_000)));
    const { response, request_id } = await tenant.client.chat.completions.create(question).withResponse();
    expect(request_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('x-sluice-provider')).toBe('scripted');
    expect(response.headers.get('x-sluice-attempts')).toBe('1');
    // 600,000 at $1, 400,000 cached at $0.25 and 500,000 out at $4.
    expect(response.headers.get('x-sluice-cost-usd')).toBe('2.700000');
    expect(response.headers.get('x-sluice-overhead-ms')).toMatch(/^\d+$/);
    expect(response.headers.get('openai-processing-ms')).toMatch(/^\d+$/);
  });

  test("asks for the provider's own name of the model, with the provider's key", async () => {
    const { provider, tenant } = on();
    await tenant.client.chat.completions.create(question);
    const [asked] = provider.asked;
    expect(asked?.path).toBe('/v1/chat/completions');
    expect(asked?.body).toEqual({ ...question, model: 'upstream-model', max_completion_tokens: 4_096 });
    expect(asked?.headers.authorization).toBe('Bearer sk-upstream-canary-key-0123456789');
  });

  test('passes every parameter of the API through, known to us or not', async () => {
    const { provider, tenant } = on();
    const everything = {
      model: 'test-model',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          name: 'ada',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":"\\u00e9"}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'a cat' },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'look',
            strict: true,
            parameters: { type: 'object', properties: { at: { type: 'string' } } },
          },
        },
        { type: 'custom', custom: { name: 'free', format: { type: 'text' } } },
      ],
      tool_choice: { type: 'function', function: { name: 'look' } },
      response_format: { type: 'json_schema', json_schema: { name: 'cat', strict: true, schema: { type: 'object' } } },
      temperature: 0,
      top_p: 0.5,
      n: 2,
      stop: ['\n'],
      max_completion_tokens: 100,
      presence_penalty: -0.5,
      logit_bias: { '50256': -100 },
      logprobs: true,
      top_logprobs: 3,
      seed: 42,
      user: 'user-1',
      metadata: { a: 'b' },
      parallel_tool_calls: false,
      service_tier: 'default',
      store: false,
      reasoning_effort: 'low',
      modalities: ['text'],
      prediction: { type: 'content', content: 'A cat.' },
      something_of_next_year: { nested: [1, 2.5, null, true, 'x'] },
    };
    provider.script = answer(completion('{}'));
    await tenant.client.post('/chat/completions', { body: everything });
    expect(provider.asked[0]?.body).toEqual({ ...everything, model: 'upstream-model' });
  });

  test('brings tool calls and refusals back unharmed', async () => {
    const { provider, tenant } = on();
    const message = {
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: [{ id: 'call_9', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }],
    };
    const said = completion('');
    provider.script = answer({ ...said, choices: [{ ...said.choices[0], message, finish_reason: 'tool_calls' }] });
    const { choices } = await tenant.client.chat.completions.create(question);
    expect(choices[0]?.message).toEqual(message);
    expect(choices[0]?.finish_reason).toBe('tool_calls');
  });

  test("works with the SDK's .parse()", async () => {
    const { provider, tenant } = on();
    provider.script = answer(completion('{"colour":"blue"}'));
    const parsed = await tenant.client.chat.completions.parse({
      ...question,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'colour', schema: { type: 'object', properties: { colour: { type: 'string' } } } },
      },
    });
    expect(parsed.choices[0]?.message.content).toBe('{"colour":"blue"}');
  });
});

describe('the ledger', () => {
  test('has one settled row for a call, with its tokens, price and cost (I3)', async () => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = answer(completion('Hello', usage(100, 20, 40)));
    const { request_id } = await tenant.client.chat.completions.create(question).withResponse();
    const [row, ...more] = await ledger(tenant.projectId);
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      state: 'settled',
      requestId: request_id,
      ordinal: 1,
      kind: 'completions',
      projectId: tenant.projectId,
      serviceAccountId: tenant.accountId,
      model: 'test-model',
      provider: 'scripted',
      upstreamModel: 'upstream-model',
      streamed: false,
      outcome: 'succeeded',
      inputTokens: 100,
      cachedInputTokens: 40,
      outputTokens: 20,
      estimated: false,
      price: { input: 1_000_000, cachedInput: 250_000, output: 4_000_000 },
      // 60 x 1 + 40 x 0.25 + 20 x 4
      costMicroUsd: 150,
    });
  });

  test('takes a usage of zero for zero, and not for missing', async () => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = answer(completion('', usage(0, 0)));
    await tenant.client.chat.completions.create(question);
    expect(await ledger(tenant.projectId)).toMatchObject([
      { inputTokens: 0, outputTokens: 0, estimated: false, costMicroUsd: 0 },
    ]);
  });

  test('counts for itself where the provider does not say, and marks it', async () => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = answer(completion('Hello', null));
    await tenant.client.chat.completions.create(question);
    const [row] = await ledger(tenant.projectId);
    expect(row).toMatchObject({ estimated: true, inputTokens: expect.any(Number) });
    expect(row?.state === 'settled' && row.inputTokens > 0 && row.outputTokens > 0).toBe(true);
  });

  test('has the attempt open while the provider is asked, so that no death can lose it (I3)', async () => {
    const { provider, gateway, database } = on();
    const tenant = await gateway.tenant();
    const store = dynamoUsageStore(database.db, database.names.usage);
    const during: string[] = [];
    provider.script = async (response, asked) => {
      const { nowMs } = gateway.clock;
      for await (const row of store.between(tenant.projectId, nowMs - 1, nowMs + 1)) during.push(row.state);
      await answer(completion('Hello'))(response, asked);
    };
    await tenant.client.chat.completions.create(question);
    expect(during).toEqual(['open']);
  });
});

describe('a model', () => {
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => null,
      (error: unknown) => error as APIError,
    );

  test('that nobody configured is a 404 that says where to look', async () => {
    const error = await failure(on().tenant.client.chat.completions.create({ ...question, model: 'no-such-model' }));
    expect(error).toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      type: 'invalid_request_error',
    });
    expect(error?.message).toContain('GET /v1/models');
    expect(on().provider.asked).toEqual([]);
  });

  test('without a price is refused with the line that prices it, and never asked (I4)', async () => {
    const error = await failure(on().tenant.client.chat.completions.create({ ...question, model: 'unpriced' }));
    expect(error).toMatchObject({ status: 400, code: 'model_not_priced', param: 'model' });
    expect(error?.message).toContain('"models": { "unpriced": { "targets": ["scripted/unpriced"], "price": {');
    expect(on().provider.asked).toEqual([]);
  });
});
