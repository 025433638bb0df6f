/** POST /v1/responses of providers that know chat completions only, through the official SDK. */
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import type { Config } from '../../shared/config/schema.ts';
import { anotherProvider, scene } from '../support/scene.ts';
import { answer, chunk, completion, frame, refusal, spoken, stream, usage } from '../support/scripted-provider.ts';

const native = anotherProvider();

const price = { input: 1, output: 4 };
const both = (baseURL: string): Config => ({
  providers: {
    chat: { kind: 'openai', baseURL },
    native: { kind: 'openai', baseURL: native().baseURL, responses: 'native' },
    demo: { kind: 'demo' },
  },
  models: {
    'test-model': { targets: ['chat/upstream-model'], price },
    'either-model': { targets: ['chat/upstream-model', 'native/upstream-model'], price },
    demo: { targets: ['demo/demo'] },
  },
  resilience: { attempts: 2 },
});
const on = scene({}, both);

const question = { model: 'test-model', input: 'Say hello' };
const weather = {
  type: 'function' as const,
  name: 'get_weather',
  description: 'Current conditions in a city.',
  strict: true,
  parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
};

test('arrives whole, and the ledger has what was told of the chat (I3)', async () => {
  const { gateway, provider, ledger } = on();
  const tenant = await gateway.tenant();
  provider.script = answer(completion('Hello', usage(100, 20, 40)));
  const response = await tenant.client.responses.create({ ...question, instructions: 'Be brief.' });
  expect(response).toMatchObject({ output_text: 'Hello', status: 'completed', instructions: 'Be brief.' });
  expect(provider.asked).toMatchObject([
    {
      path: '/v1/chat/completions',
      body: {
        model: 'upstream-model',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Say hello' },
        ],
      },
    },
  ]);
  expect(await ledger(tenant.projectId)).toMatchObject([
    { outcome: 'succeeded', estimated: false, inputTokens: 100, cachedInputTokens: 40, outputTokens: 20 },
  ]);
});

test('has its maximum of output under the name that it has in chat (I2)', async () => {
  const { provider, tenant } = on();
  await tenant.client.responses.create(question);
  await tenant.client.responses.create({ ...question, max_output_tokens: 16 });
  expect(provider.asked.map(({ body }) => body['max_completion_tokens'])).toEqual([4_096, 16]);
});

test('arrives as a stream of events, and is metered (I3)', async () => {
  const { gateway, provider, ledger } = on();
  const tenant = await gateway.tenant();
  provider.script = stream(spoken(['Hel', 'lo'], usage(100, 2)));
  const events = tenant.client.responses.stream(question);
  const types = [];
  for await (const { type } of events) types.push(type);
  expect(types.at(0)).toBe('response.created');
  expect(types.at(-1)).toBe('response.completed');
  expect((await events.finalResponse()).output_text).toBe('Hello');
  expect(await ledger(tenant.projectId)).toMatchObject([
    { outcome: 'succeeded', streamed: true, estimated: false, inputTokens: 100, outputTokens: 2 },
  ]);
});

test('is parsed by the SDK', async () => {
  const { provider, tenant } = on();
  provider.script = answer(completion('{"capital":"Paris"}'));
  const format = zodTextFormat(z.object({ capital: z.string() }), 'capital');
  const { output_parsed } = await tenant.client.responses.parse({ ...question, text: { format } });
  expect(output_parsed).toEqual({ capital: 'Paris' });
});

test('goes to a provider that has responses itself, for what chat has nothing for', async () => {
  const { provider, tenant } = on();
  const body = { ...question, model: 'either-model', tools: [{ type: 'apply_patch' }] };
  await tenant.client.post('/responses', { body });
  expect(provider.asked).toEqual([]);
  expect(native().asked).toMatchObject([{ path: '/v1/responses', body: { tools: [{ type: 'apply_patch' }] } }]);
  await expect(tenant.client.post('/responses', { body: { ...body, model: 'test-model' } })).rejects.toMatchObject({
    status: 400,
    param: 'tools[0].type',
  });
});

test('of a provider that fails comes from another, be it before the first event (I7)', async () => {
  const { provider, tenant } = on();
  provider.script = stream([': wait\n\n', frame({ error: { message: 'canary' } })]);
  const events = tenant.client.responses.stream({ ...question, model: 'either-model' });
  expect((await events.finalResponse()).output_text).toBe('Hello there');
  expect(native().asked).toHaveLength(1);
});

test('that breaks off says so, in terms of responses and in no word of the provider’s', async () => {
  const { provider, tenant } = on();
  provider.script = stream([frame(chunk({ content: 'Hel' })), frame({ error: { message: 'canary' } })]);
  const reading = (async () => {
    for await (const _ of await tenant.client.responses.create({ ...question, stream: true }));
  })();
  await expect(reading).rejects.toThrow('The model provider failed to answer.');
});

test('is refused by the names that the caller knows', async () => {
  const { provider, tenant } = on();
  provider.script = refusal(400, { message: 'Too many.', param: 'max_completion_tokens', code: 'too_many' });
  await expect(tenant.client.responses.create(question)).rejects.toMatchObject({
    status: 400,
    param: 'max_output_tokens',
    code: 'too_many',
  });
});

test('may call a tool and go on with its result, with the demo provider', async () => {
  const { tenant } = on();
  const asked = {
    model: 'demo',
    tools: [weather],
    input: [{ role: 'user' as const, content: 'The weather in Paris?' }],
  };
  const { output } = await tenant.client.responses.create(asked);
  expect(output).toMatchObject([{ type: 'function_call', name: 'get_weather', arguments: '{"location":"Paris"}' }]);
  const [called] = output;
  if (called?.type !== 'function_call') throw new Error('nothing was called');
  const result = { type: 'function_call_output' as const, call_id: called.call_id, output: 'sunny' };
  const answered = await tenant.client.responses.create({ ...asked, input: [...asked.input, called, result] });
  expect(answered.output_text).toContain('The tool get_weather said: sunny');
});
