/** Tools of the gateway and an answer that must have a format, in one request. */
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import { oneProvider } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { answer, chunk, completion, done, frame, type Script, spoken, stream } from '../support/scripted-provider.ts';
import { weatherIn } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../support/tool-server.ts';

const tools = servedTools();
const given = scene({ environment: loopbackTools }, (baseURL) => {
  const scripted = { kind: 'openai', baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', responses: 'translated' } as const;
  return { ...oneProvider(baseURL), providers: { scripted } };
});

beforeAll(async () => {
  await registered(given().gateway, tools().url);
});

const weather = z.object({ weather: z.string() });
const good = { weather: 'sunny' };
const { id, name, given: args } = weatherIn('Paris');
const called = { index: 0, id, type: 'function', function: { name, arguments: JSON.stringify(args) } };

/** It says what it does, calls the tool, and then answers. */
function chatty(...texts: readonly string[]): Script {
  let times = 0;
  return (response, asked) => {
    const text = texts[times - 1] ?? '';
    if (times++ > 0)
      return (asked.body['stream'] === true ? stream(spoken([text])) : answer(completion(text)))(response, asked);
    const message = { role: 'assistant', content: 'Let me look.', tool_calls: [called] };
    const whole = { ...completion(''), choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
    const frames = [
      frame(chunk({ role: 'assistant', content: 'Let me look.' })),
      frame(chunk({ tool_calls: [called] })),
    ];
    return (asked.body['stream'] === true ? stream([...frames, frame(chunk({}, 'tool_calls')), done]) : answer(whole))(
      response,
      asked,
    );
  };
}

const chat = {
  model: 'test-model',
  messages: [{ role: 'user' as const, content: 'What is the weather in Paris?' }],
  tools: [{ type: 'function' as const, function: { name: 'sluice:get_weather', strict: true } }],
  response_format: zodResponseFormat(weather, 'weather'),
};
const responses = {
  model: 'test-model',
  input: 'What is the weather in Paris?',
  tools: [{ type: 'function' as const, name: 'sluice:get_weather', parameters: null, strict: null }],
  text: { format: zodTextFormat(weather, 'weather') },
};

test('in chat the answer after the tools is held to it, and parsed by the helper', async () => {
  given().provider.script = chatty(JSON.stringify(good));
  const { client } = given().tenant;
  const { choices } = await client.chat.completions.parse(chat);
  expect(choices[0]?.message.parsed).toEqual(good);
  expect(tools().called).toHaveLength(1);
});

test('in chat as a stream nothing but the JSON is said', async () => {
  given().provider.script = chatty(JSON.stringify(good));
  const { data } = await given()
    .tenant.client.chat.completions.create({ ...chat, stream: true })
    .withResponse();
  let text = '';
  for await (const { choices } of data) text += choices[0]?.delta.content ?? '';
  expect(JSON.parse(text)).toEqual(good);
});

test('in responses it is parsed by the helper, and nothing but the JSON is said', async () => {
  given().provider.script = chatty(JSON.stringify(good));
  const parsed = await given().tenant.client.responses.parse(responses);
  expect(parsed.output_parsed).toEqual(good);
  expect(parsed.output.map(({ type }) => type)).toEqual(['mcp_call', 'message']);
});

test('in responses as a stream, too, and its items are numbered without gaps', async () => {
  given().provider.script = chatty(JSON.stringify(good));
  const events = given().tenant.client.responses.stream(responses);
  const places: unknown[] = [];
  for await (const event of events) {
    if (event.type === 'response.output_item.done') places.push([event.output_index, event.item.type]);
  }
  expect(places).toEqual([
    [0, 'mcp_call'],
    [1, 'message'],
  ]);
  const final = await events.finalResponse();
  expect(final.output_parsed).toEqual(good);
  expect(JSON.parse(final.output_text)).toEqual(good);
});

test('an answer that breaks it after the tools is asked for once more, and no tool is run again', async () => {
  given().provider.script = chatty('Sunny!', JSON.stringify(good));
  const { choices } = await given().tenant.client.chat.completions.create(chat);
  expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual(good);
  expect(given().provider.asked).toHaveLength(3);
  expect(tools().called).toHaveLength(1);
});
