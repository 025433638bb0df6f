/** Tools of the gateway in the ways in which users of the official package write their calls. */
import { zodFunction } from 'openai/helpers/zod';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import * as z from 'zod';
import { oneProvider, testGateway } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../support/tool-server.ts';

const tools = servedTools();
const configure = (baseURL: string) => {
  const scripted = { kind: 'openai', baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', responses: 'translated' } as const;
  return { ...oneProvider(baseURL), providers: { scripted } };
};
const given = scene({ environment: loopbackTools }, configure);

beforeAll(async () => {
  await registered(given().gateway, tools().url);
});

const messages = [{ role: 'user' as const, content: 'What is the weather in Paris?' }];
const weather = { type: 'function' as const, function: { name: 'sluice:get_weather' } };
const weatherHere = { type: 'function' as const, name: 'sluice:get_weather', parameters: null, strict: null };
const inputOfLast = () => (given().provider.asked.at(-1)?.body['messages'] ?? []) as Record<string, unknown>[];

describe('runTools', () => {
  const noted: unknown[] = [];
  const note = zodFunction({
    name: 'note',
    parameters: z.object({ text: z.string() }),
    function: ({ text }) => {
      noted.push(text);
      return 'noted';
    },
  });
  beforeEach(() => {
    noted.length = 0;
  });

  test("runs the caller's tools, and the gateway its own, whole", async () => {
    given().provider.script = saying(
      [weatherIn('Paris')],
      [{ id: 'call_2', name: 'note', given: { text: 'sunny' } }],
      'Noted.',
    );
    const body = {
      model: 'test-model',
      messages,
      tools: [note, { ...weather, function: { ...weather.function, strict: true } }],
    };
    const runner = given().tenant.client.chat.completions.runTools(body as never);
    expect(await runner.finalContent()).toBe('Noted.');
    expect(noted).toEqual(['sunny']);
    expect(tools().called).toHaveLength(1);
  });

  test('the same as a stream', async () => {
    given().provider.script = saying(
      [weatherIn('Paris')],
      [{ id: 'call_2', name: 'note', given: { text: 'sunny' } }],
      'Noted.',
    );
    const body = { model: 'test-model', messages, tools: [note, weather], stream: true };
    const runner = given().tenant.client.chat.completions.runTools(body as never);
    expect(await runner.finalContent()).toBe('Noted.');
    expect(noted).toEqual(['sunny']);
  });
});

describe('a chain of responses whose tools ran', () => {
  const calls = [weatherIn('Paris', 'call_1'), weatherIn('Lyon', 'call_2')];
  const isWhole = () => {
    const roles = inputOfLast().map(({ role }) => role);
    expect(roles.filter((role) => role === 'tool')).toHaveLength(2);
    const ids = inputOfLast().flatMap(({ tool_calls: called }) =>
      ((called ?? []) as { id: string }[]).map(({ id }) => id),
    );
    const answered = inputOfLast().flatMap(({ tool_call_id: id }) => (id === undefined ? [] : [id]));
    expect(answered).toEqual(ids);
    expect(new Set(ids).size).toBe(2);
    expect(inputOfLast().at(-1)).toMatchObject({ role: 'user', content: 'And tomorrow?' });
  };

  test.each(['whole', 'streamed'])('goes on with previous_response_id, %s', async (how) => {
    const { responses } = given().tenant.client;
    given().provider.script = saying(calls, 'Sunny.', 'Rainy.');
    const body = { model: 'test-model', input: 'What is the weather?', tools: [weatherHere] };
    const first = how === 'whole' ? await responses.create(body) : await responses.stream(body).finalResponse();
    await responses.create({ ...body, input: 'And tomorrow?', previous_response_id: first.id });
    isWhole();
    const listed = await responses.retrieve(first.id);
    expect(listed.output.map(({ type }) => type)).toEqual(['mcp_call', 'mcp_call', 'message']);
  });

  test('goes on in a conversation', async () => {
    const { conversations, responses } = given().tenant.client;
    const conversation = await conversations.create();
    given().provider.script = saying(calls, 'Sunny.', 'Rainy.');
    const body = { model: 'test-model', tools: [weatherHere], conversation: conversation.id };
    await responses.create({ ...body, input: 'What is the weather?' });
    await responses.create({ ...body, input: 'And tomorrow?' });
    isWhole();
  });

  test('goes on by hand, with `store: false`', async () => {
    const { responses } = given().tenant.client;
    given().provider.script = saying(calls, 'Sunny.', 'Rainy.');
    const body = { model: 'test-model', tools: [weatherHere], store: false };
    const first = await responses.create({ ...body, input: 'What is the weather?' });
    const input: ResponseInputItem[] = [
      { role: 'user', content: 'What is the weather?' },
      ...(first.output as ResponseInputItem[]),
      { role: 'user', content: 'And tomorrow?' },
    ];
    await responses.create({ ...body, input });
    isWhole();
  });
});

test.each(['required', 'named'])(
  'a choice that requires a call requires one, and not one after the other: %s',
  async (how) => {
    given().provider.script = saying([weatherIn('Paris')], 'Sunny.');
    const named = { type: 'function' as const, function: { name: 'sluice:get_weather' } };
    const body = { model: 'test-model', messages, tools: [weather] };
    await given().tenant.client.chat.completions.create({ ...body, tool_choice: how === 'named' ? named : 'required' });
    const [first, second] = given().provider.asked.map(({ body }) => body['tool_choice']);
    expect(first).toEqual(how === 'named' ? { type: 'function', function: { name: 'get_weather' } } : 'required');
    expect(second).toBeUndefined();
  },
);

test('where answers cannot be streamed, a run is the same stream at once', async () => {
  const { database, provider } = given();
  const gateway = await testGateway(database, configure(provider.baseURL), {
    mode: 'buffered',
    environment: loopbackTools,
  });
  const { client } = await gateway.tenant();
  provider.script = saying([weatherIn('Paris')], 'It is sunny.');
  const final = await client.chat.completions
    .stream({ model: 'test-model', messages, tools: [weather] })
    .finalContent();
  expect(final).toBe('It is sunny.');
  provider.script = saying([weatherIn('Paris')], 'It is sunny.');
  const body = { model: 'test-model', input: 'What is the weather?', tools: [weatherHere] };
  expect((await client.responses.stream(body).finalResponse()).output_text).toBe('It is sunny.');
});

test('with one question at most, it may call no tool', async () => {
  const { database, provider } = given();
  const config = { ...configure(provider.baseURL), runs: { maxSteps: 1 } };
  const gateway = await testGateway(database, config as never, { environment: loopbackTools });
  const { client } = await gateway.tenant();
  provider.script = (reply, asked) =>
    saying(asked.body['tool_choice'] === 'none' ? 'I cannot know.' : [weatherIn('Paris')])(reply, asked);
  const { choices } = await client.chat.completions.create({ model: 'test-model', messages, tools: [weather] });
  expect(choices[0]?.message.content).toBe('I cannot know.');
});

test('the maximum that its dollars leave is told of, where it is less than what was asked for', async () => {
  const { client } = given().tenant;
  given().provider.script = saying('Sunny.');
  const body = { model: 'test-model', messages, tools: [weather], max_completion_tokens: 400_000 };
  const { response } = await client.chat.completions.create(body).withResponse();
  const asked = given().provider.asked[0]?.body['max_completion_tokens'];
  expect(response.headers.get('x-sluice-max-output-tokens')).toBe(String(asked));
  expect(response.headers.get('x-sluice-max-output-shrunk')).toBe('true');
});
