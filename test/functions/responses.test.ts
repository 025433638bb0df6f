/** Responses in one piece: POST /v1/responses through the official SDK, of a provider that speaks them itself. */
import { scene } from '../support/scene.ts';
import { answer, refusal } from '../support/scripted-provider.ts';
import { functionCall, message, respondedWith, response, responseUsage } from '../support/scripted-responses.ts';

const on = scene();
const question = { model: 'test-model', input: 'Say hello' };

describe('a response in one piece', () => {
  test("arrives in the SDK's hands, and the ledger has what was told (I3)", async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = answer(respondedWith('Grüße 🌍', responseUsage(100, 20, 40)));
    const { data, response: http } = await tenant.client.responses.create(question).withResponse();
    expect(data.output_text).toBe('Grüße 🌍');
    expect(data.usage).toMatchObject({ input_tokens: 100, output_tokens: 20 });
    expect(provider.asked[0]).toMatchObject({ path: '/v1/responses' });
    expect(Object.fromEntries(http.headers)).toMatchObject({
      'x-sluice-provider': 'scripted',
      'x-sluice-attempts': '1',
      'x-sluice-cost-usd': '0.000150',
    });
    expect(await ledger(tenant.projectId)).toMatchObject([
      {
        kind: 'completions',
        outcome: 'succeeded',
        estimated: false,
        streamed: false,
        inputTokens: 100,
        cachedInputTokens: 40,
        outputTokens: 20,
        costMicroUsd: 150,
      },
    ]);
  });

  test('is asked for with what the caller said, a maximum, and nothing that the provider would keep', async () => {
    const { provider, tenant } = on();
    await tenant.client.responses.create({
      ...question,
      instructions: 'Be brief.',
      store: true,
      metadata: { topic: 'greetings' },
      temperature: 0.5,
      max_output_tokens: 50,
      include: ['reasoning.encrypted_content'],
    });
    expect(provider.asked[0]?.body).toEqual({
      model: 'upstream-model',
      input: 'Say hello',
      instructions: 'Be brief.',
      temperature: 0.5,
      max_output_tokens: 50,
      include: ['reasoning.encrypted_content'],
      store: false,
    });
  });

  test('has a maximum that the caller is told of, where the caller names none (I2)', async () => {
    const { provider, tenant } = on();
    const { response: http } = await tenant.client.responses.create(question).withResponse();
    expect(provider.asked[0]?.body['max_output_tokens']).toBe(4_096);
    expect(http.headers.get('x-sluice-max-output-tokens')).toBe('4096');
  });

  test('may be incomplete, and is an answer all the same', async () => {
    const { provider, tenant } = on();
    const cut = { usage: responseUsage(1, 16), incomplete_details: { reason: 'max_output_tokens' } };
    provider.script = answer(response('incomplete', [message('Hel', 'incomplete')], cut));
    const { status, incomplete_details, output_text } = await tenant.client.responses.create(question);
    expect({ status, incomplete_details, output_text }).toEqual({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output_text: 'Hel',
    });
  });

  test('may be a call of a function', async () => {
    const { provider, tenant } = on();
    provider.script = answer(response('completed', [functionCall('weather', '{"city":"Paris"}')]));
    const { output } = await tenant.client.responses.create(question);
    expect(output).toMatchObject([{ type: 'function_call', name: 'weather', arguments: '{"city":"Paris"}' }]);
  });

  test('without a usage is counted by us, and marked', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = answer(respondedWith('Hello', null));
    await tenant.client.responses.create(question);
    expect(await ledger(tenant.projectId)).toMatchObject([
      { outcome: 'succeeded', estimated: true, inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
    ]);
  });
});

describe('a response that has failed in a 200 is a failure', () => {
  const failed = (code: string) => response('failed', [], { error: { code, message: 'canary' } });

  test.each<[string, unknown, number, string]>([
    ['the provider’s own', failed('server_error'), 502, 'upstream_error'],
    ['a limit of the provider', failed('rate_limit_exceeded'), 429, 'rate_limit_exceeded'],
    ['a verdict on the request', failed('invalid_image_url'), 400, 'invalid_image_url'],
    ['a code that nobody knows', failed('canary'), 502, 'upstream_error'],
    ['without a code', response('failed', []), 502, 'upstream_error'],
    ['cancelled', response('cancelled', []), 502, 'upstream_error'],
    ['not begun', response('queued', []), 502, 'upstream_error'],
    ['an error and no response', { error: { message: 'canary' } }, 502, 'upstream_error'],
    ['a chat completion', { object: 'chat.completion', choices: [] }, 502, 'upstream_error'],
    ['no JSON', 'canary', 502, 'upstream_error'],
  ])('%s', async (_, given, status, code) => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = answer(given);
    const failing = tenant.client.responses.create(question);
    await expect(failing).rejects.toMatchObject({ status, code });
    await expect(failing).rejects.not.toThrow(/canary/);
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: status === 400 ? 'refused' : 'failed' }]);
  });

  test('and so is a refusal, whose own words the caller gets', async () => {
    const { provider, tenant } = on();
    provider.script = refusal(400, { message: 'Bad tool.', type: 'x', param: 'tools', code: 'bad_tool' });
    await expect(tenant.client.responses.create(question)).rejects.toMatchObject({
      status: 400,
      code: 'bad_tool',
      param: 'tools',
    });
  });
});

describe('a request is refused by name', () => {
  const tool = (type: string, more: object = {}) => ({
    tools: [
      { type: 'function', name: 'f' },
      { type, ...more },
    ],
  });

  test.each<[string, object, string]>([
    ['of nothing', { input: undefined }, 'input'],
    ['of an empty text', { input: '' }, 'input'],
    ['of no items', { input: [] }, 'input'],
    ['of a number', { input: 5 }, 'input'],
    ['of items that are texts', { input: ['hello'] }, 'input'],
    ['in the background, as a stream', { background: true, stream: true }, 'background'],
    [
      'after a response, in a conversation',
      { previous_response_id: 'resp_1', conversation: 'conv_1' },
      'previous_response_id',
    ],
    ['by a prompt of the provider’s', { prompt: { id: 'pmpt_1' } }, 'prompt'],
    ['that the provider is to compact', { context_management: [{ type: 'compaction' }] }, 'context_management'],
    [
      'with too much metadata',
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, 'v'])) },
      'metadata',
    ],
    ['with metadata that is too long', { metadata: { a: 'x'.repeat(513) } }, 'metadata.a'],
    ['with metadata that is no text', { metadata: { a: 1 } }, 'metadata.a'],
    ['to be cut somehow', { truncation: 'middle' }, 'truncation'],
    ['with a maximum of nothing', { max_output_tokens: 0 }, 'max_output_tokens'],
    ['with a search of the web (I4)', tool('web_search'), 'tools[1].type'],
    ['with a preview of one', tool('web_search_preview'), 'tools[1].type'],
    ['with a search of files', tool('file_search', { vector_store_ids: [] }), 'tools[1].type'],
    ['with an interpreter of code', tool('code_interpreter', { container: { type: 'auto' } }), 'tools[1].type'],
    ['with a computer', tool('computer_use_preview'), 'tools[1].type'],
    ['with an image to be made', tool('image_generation'), 'tools[1].type'],
    ['with another server', tool('mcp', { server_label: 's', server_url: 'https://a.example' }), 'tools[1].type'],
    ['with a shell in a container', tool('shell', { environment: { type: 'container_auto' } }), 'tools[1].type'],
    ['with a shell, of which it is not said where', tool('shell'), 'tools[1].type'],
    ['with a tool of tomorrow', tool('teleporter'), 'tools[1].type'],
    [
      'with one of them in a namespace',
      tool('namespace', { tools: [{ type: 'web_search' }] }),
      'tools[1].tools[0].type',
    ],
    [
      'with one of them in the midst of its input',
      {
        input: [
          { role: 'user', content: 'hi' },
          { type: 'additional_tools', tools: [{ type: 'web_search' }] },
        ],
      },
      'input[1].tools[0].type',
    ],
    ['with several answers', { n: 2 }, 'n'],
    ['in another tier', { service_tier: 'priority' }, 'service_tier'],
    ['with sound', { input: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] }, 'input'],
    ['with what the provider keeps', { input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0]'],
    ['with what the provider keeps, tacitly', { input: [{ id: 'msg_1' }] }, 'input[0]'],
    ['that is to be compacted', { input: [{ type: 'compaction_trigger' }] }, 'input[0]'],
  ])('%s', async (_, more, param) => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    const call = tenant.client.post('/responses', { body: { ...question, ...more } });
    await expect(call).rejects.toMatchObject({ status: 400, param });
    expect(provider.asked).toEqual([]);
    expect(await ledger(tenant.projectId)).toEqual([]);
  });

  test('and what the caller runs is let through', async () => {
    const { provider, tenant } = on();
    const tools = [
      { type: 'function', name: 'f', parameters: {}, strict: true },
      { type: 'custom', name: 'c' },
      { type: 'namespace', name: 'n', description: 'd', tools: [{ type: 'function', name: 'g' }] },
      { type: 'apply_patch' },
      { type: 'local_shell' },
      { type: 'shell', environment: { type: 'local' } },
    ];
    await tenant.client.post('/responses', { body: { ...question, tools } });
    expect(provider.asked[0]?.body['tools']).toEqual(tools);
  });
});
