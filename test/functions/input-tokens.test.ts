/** What a response's input would be in tokens. */
import type OpenAI from 'openai';
import { toolStore } from '../../shared/tools-deps.ts';
import { sampleTool } from '../shared/tools/sample-tool.ts';
import { oneProvider } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const on = scene({}, (baseURL) => {
  const config = oneProvider(baseURL);
  const priced = (target: string) => ({ targets: [`scripted/${target}`], price: { input: 1, output: 1 } });
  return {
    ...config,
    models: {
      ...config.models,
      'gpt-4o': priced('gpt-4o'),
      // Their names say one tokenizer, and they have the other.
      fast: priced('gpt-4o'),
      'gpt-4o-in-name': priced('gpt-4'),
    },
  };
});

const count = (body: OpenAI.Responses.InputTokenCountParams, client = on().tenant.client) =>
  client.responses.inputTokens.count({ model: 'gpt-4o', ...body });

const poem = '窗前明月光，疑是地上霜。';

test('are told as the SDK expects them, and nobody is asked and nothing is spent', async () => {
  const { provider, ledger, gateway } = on();
  // A frame of 3 and the role, and as much for the answer.
  expect(await count({ input: 'hello world' })).toMatchObject({
    object: 'response.input_tokens',
    input_tokens: 3 + 3 + 1 + 2,
  });
  expect(provider.asked).toEqual([]);
  expect(await ledger()).toEqual([]);
  expect(gateway.metrics).toMatchObject([{ model: 'gpt-4o' }]);
});

test('are those of all that the model would read', async () => {
  const alone = await count({ input: poem });
  const parameters = { type: 'object', properties: { city: { type: 'string' } } };
  const more: OpenAI.Responses.InputTokenCountParams[] = [
    { instructions: 'Answer in French.' },
    { tools: [{ type: 'function', name: 'f', parameters, strict: true }] },
    { text: { format: { type: 'json_schema', name: 'answer', schema: parameters } } },
  ];
  for (const body of more) {
    expect((await count({ input: poem, ...body })).input_tokens).toBeGreaterThan(alone.input_tokens + 5);
  }
  const asItems = await count({ input: [{ role: 'user', content: [{ type: 'input_text', text: poem }] }] });
  expect(asItems.input_tokens).toBe(alone.input_tokens);
});

test("are counted as the provider's model counts, whatever it is called here", async () => {
  const own = await count({ input: poem });
  expect((await count({ model: 'fast', input: poem })).input_tokens).toBe(own.input_tokens);
  expect((await count({ model: 'gpt-4o-in-name', input: poem })).input_tokens).toBeGreaterThan(own.input_tokens);
});

test("those of the gateway's tools are counted as their definitions", async () => {
  const { gateway } = on();
  const tool = sampleTool();
  await toolStore(gateway.live).create(tool);
  const named = await count({
    input: 'hello',
    tools: [{ type: 'function', name: 'sluice:get_weather', parameters: null, strict: null }],
  });
  const { name, description, parameters } = tool;
  const defined = await count({
    input: 'hello',
    tools: [{ type: 'function', name, description, parameters, strict: null }],
  });
  // The name that the model knows it by may be a token or two longer.
  expect(named.input_tokens).toBeGreaterThanOrEqual(defined.input_tokens);
  expect(named.input_tokens).toBeLessThan(defined.input_tokens + 5);
  await expect(
    count({ input: 'hello', tools: [{ type: 'function', name: 'sluice:none', parameters: null, strict: null }] }),
  ).rejects.toMatchObject({ status: 400, param: expect.stringContaining('tools[0]') });
});

test.each([
  ['a model that there is not', { model: 'no-such-model' }, { status: 404, code: 'model_not_found', param: 'model' }],
  ['no model', { model: undefined }, { status: 400, param: 'model' }],
  ['a number as input', { input: 5 }, { status: 400, param: 'input' }],
  ['tools without a type', { tools: [{}] }, { status: 400, param: 'tools[0].type' }],
])('with %s are refused', async (_, body, error) => {
  await expect(count({ input: 'hello', ...body } as OpenAI.Responses.InputTokenCountParams)).rejects.toMatchObject(
    error,
  );
});

test('of a model that the project may not use are refused', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  await gateway.admin().admin.organization.projects.modelPermissions.update(tenant.projectId, {
    mode: 'deny_list',
    model_ids: ['gpt-4o'],
  });
  await expect(count({ input: 'hello' }, gateway.withKey(tenant.key))).rejects.toMatchObject({
    status: 403,
    code: 'model_not_allowed',
  });
});

test('of a conversation are counted with those of the input', async () => {
  const { conversations } = on().tenant.client;
  const { id } = await conversations.create({ items: [{ role: 'user', content: 'Say hello to Paris.' }] });
  const items = [
    { role: 'user' as const, content: [{ type: 'input_text' as const, text: 'Say hello to Paris.' }] },
    { role: 'user' as const, content: 'hello' },
  ];
  const whole = await count({ input: items });
  for (const conversation of [id, { id }]) expect(await count({ input: 'hello', conversation })).toEqual(whole);
});

test.each([
  [400, { previous_response_id: 'resp_123' }],
  [404, { conversation: 'conv_123' }],
  [404, { conversation: { id: 'conv_123' } }],
])('of what nobody knows are refused with %i', async (status, body) => {
  await expect(count({ input: 'hello', ...body })).rejects.toMatchObject({ status });
});

test('of a megabyte of one letter are told like any other', async () => {
  const { input_tokens } = await count({ input: 'a'.repeat(1_000_000) });
  expect(input_tokens).toBeGreaterThan(100_000);
});

test("count against the project's requests, and take neither tokens nor money", async () => {
  const { gateway, ledger } = on();
  const { client, projectId } = await gateway.tenant('limited');
  await gateway.admin().admin.organization.projects.rateLimits.updateRateLimit('rl_project', {
    project_id: projectId,
    max_requests_per_1_minute: 12,
    max_tokens_per_1_minute: 1,
  });
  // For as long as an instance may remember a project as it was.
  gateway.clock.nowMs += 31_000;
  const ask = () => client.responses.inputTokens.count({ model: 'gpt-4o', input: poem });
  const { response } = await ask().withResponse();
  expect(response.headers.get('x-ratelimit-limit-requests')).toBe('12');
  const others = await Promise.allSettled(Array.from({ length: 5 }, ask));
  const refused = others.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  expect(refused.length).toBeGreaterThanOrEqual(3);
  for (const reason of refused) expect(reason).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  gateway.clock.nowMs += 60_000;
  expect((await ask()).input_tokens).toBeGreaterThan(10);
  expect(await ledger(projectId)).toEqual([]);
});
