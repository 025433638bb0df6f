/** The official package's helpers work against the gateway as against OpenAI: `.parse`, `.stream`, `runTools`. */
import { zodFunction, zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import { oneProvider } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../support/tool-server.ts';

const tools = servedTools();
const given = scene({ environment: loopbackTools }, (baseURL) => {
  const config = oneProvider(baseURL);
  const scripted = { kind: 'openai', baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', responses: 'translated' } as const;
  return { ...config, providers: { scripted } };
});
beforeAll(async () => {
  await registered(given().gateway, tools().url);
});

const colours = z.object({ colors: z.array(z.object({ name: z.string(), hex: z.string() })) });
const three = { colors: [{ name: 'red', hex: '#FF0000' }] };
const user = (content: string) => [{ role: 'user' as const, content }];

test('chat.completions.parse, and its stream', async () => {
  given().provider.script = saying(JSON.stringify(three));
  const body = {
    model: 'test-model',
    messages: user('List three colors and their hex codes'),
    response_format: zodResponseFormat(colours, 'colors'),
  };
  const { completions } = given().tenant.client.chat;
  expect((await completions.parse(body)).choices[0]?.message.parsed).toEqual(three);
  expect((await completions.stream(body).finalChatCompletion()).choices[0]?.message.parsed).toEqual(three);
});

test('responses.parse, and its stream', async () => {
  given().provider.script = saying(JSON.stringify(three));
  const body = {
    model: 'test-model',
    input: 'List three colors and their hex codes',
    text: { format: zodTextFormat(colours, 'colors') },
  };
  const { responses } = given().tenant.client;
  expect((await responses.parse(body)).output_parsed).toEqual(three);
  expect((await responses.stream(body).finalResponse()).output_parsed).toEqual(three);
});

describe.each(['whole', 'streamed'])(
  "runTools runs the caller's tools, and the gateway those of its own, %s",
  (how) => {
    test('one after the other', async () => {
      const noted: string[] = [];
      given().provider.script = saying(
        [weatherIn('Paris')],
        [{ id: 'call_2', name: 'note', given: { text: 'sunny' } }],
        'It is sunny, and I have noted it.',
      );
      const note = zodFunction({
        name: 'note',
        parameters: z.object({ text: z.string() }),
        function: ({ text }) => {
          noted.push(text);
          return 'noted';
        },
      });
      const { completions } = given().tenant.client.chat;
      const body = {
        model: 'test-model',
        messages: user("What's the weather in Paris? Note it."),
        // As the package has it, a tool with a function; the gateway's has none, and is never called here.
        tools: [note, { type: 'function' as const, function: { name: 'sluice:get_weather', function: () => '' } }],
      };
      const runner =
        how === 'whole'
          ? completions.runTools(body as never)
          : completions.runTools({ ...body, stream: true } as never);
      expect(await runner.finalContent()).toBe('It is sunny, and I have noted it.');
      expect(noted).toEqual(['sunny']);
      expect(tools().called).toMatchObject([{ given: { location: 'Paris' } }]);
      expect(given().provider.asked).toHaveLength(3);
    });
  },
);
