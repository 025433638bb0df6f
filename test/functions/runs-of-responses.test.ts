/** Tools of the gateway in responses: told of as calls of a server's tools, whole and streamed, of whichever kind of provider. */
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { oneProvider } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { answer, type Script, stream } from '../support/scripted-provider.ts';
import {
  begun,
  calledEvents,
  completed,
  eventFrames,
  functionCall,
  respondedEvents,
  respondedWith,
  response,
  responseUsage,
} from '../support/scripted-responses.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../support/tool-server.ts';

const tools = servedTools();
const native = scene({ environment: loopbackTools });
const translated = scene({ environment: loopbackTools }, (baseURL) => {
  const config = oneProvider(baseURL);
  const scripted = { kind: 'openai', baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', responses: 'translated' } as const;
  return { ...config, providers: { scripted } };
});

beforeAll(async () => {
  for (const given of [native, translated]) await registered(given().gateway, tools().url);
});

const given = '{"location":"Paris"}';

/** One call, and then an answer, of a provider that speaks the Responses API itself. */
function speakingNatively(): Script {
  let times = 0;
  return (reply, asked) => {
    const isFirst = times++ === 0;
    if (asked.body['stream'] !== true) {
      const whole = isFirst
        ? response('completed', [functionCall('get_weather', given)], { usage: responseUsage(10, 5) })
        : respondedWith('It is sunny.', responseUsage(20, 5));
      return answer(whole)(reply, asked);
    }
    const called = eventFrames([
      ...begun,
      ...calledEvents('get_weather', ['{"location":', '"Paris"}'], 0),
      completed([functionCall('get_weather', given)], responseUsage(10, 5)),
    ]);
    return stream(isFirst ? called : respondedEvents(['It is', ' sunny.'], responseUsage(20, 5)))(reply, asked);
  };
}

const kinds = [
  ['natively', native, speakingNatively],
  ['translated', translated, () => saying([weatherIn('Paris')], 'It is sunny.')],
] as const;

const question = {
  model: 'test-model',
  input: 'What is the weather in Paris?',
  store: false,
  tools: [{ type: 'function' as const, name: 'sluice:get_weather', parameters: null, strict: null }],
};

describe.each(kinds)('%s', (_, at, script) => {
  test('a call is run, and shown with what it has brought', async () => {
    at().provider.script = script();
    const answered = await at().tenant.client.responses.create(question);
    expect(answered.output_text).toBe('It is sunny.');
    expect(answered.output).toMatchObject([
      {
        type: 'mcp_call',
        id: expect.stringMatching(/^mcp_/),
        server_label: 'sluice',
        name: 'get_weather',
        arguments: given,
        status: 'completed',
        output: expect.stringContaining('sunny'),
        error: null,
      },
      { type: 'message' },
    ]);
    expect(answered.tools).toMatchObject([{ name: 'sluice:get_weather' }]);
    expect(answered.usage?.output_tokens).toBeGreaterThan(5);
    expect(tools().called).toMatchObject([{ given: { location: 'Paris' } }]);
    expect(at().provider.asked).toHaveLength(2);
    expect(at().provider.asked[1]?.text).toContain('sunny');
  });

  test('as a stream it is one response, in order', async () => {
    at().provider.script = script();
    const events: ResponseStreamEvent[] = [];
    for await (const event of await at().tenant.client.responses.create({ ...question, stream: true }))
      events.push(event);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type === 'response.created')).toHaveLength(1);
    expect(types.filter((type) => type === 'response.completed')).toHaveLength(1);
    expect(types.at(-1)).toBe('response.completed');
    const calls = types.filter((type) => type.startsWith('response.mcp_call'));
    expect([calls[0], calls.at(-1)]).toEqual(['response.mcp_call.in_progress', 'response.mcp_call.completed']);
    expect(calls).toContain('response.mcp_call_arguments.done');
    expect(types.some((type) => type.startsWith('response.function_call'))).toBe(false);
    const done = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event] : []));
    expect(done.map(({ output_index: index, item }) => [index, item.type])).toEqual([
      [0, 'mcp_call'],
      [1, 'message'],
    ]);
    const end = events.at(-1);
    expect(end?.type === 'response.completed' && end.response.output.map(({ type }) => type)).toEqual([
      'mcp_call',
      'message',
    ]);
    expect(new Set(events.flatMap((event) => ('response' in event ? [event.response.id] : []))).size).toBe(1);
  });

  test("the official package's stream helper puts it together", async () => {
    at().provider.script = script();
    const final = await at().tenant.client.responses.stream(question).finalResponse();
    expect(final.output_text).toBe('It is sunny.');
    expect(final.output.map(({ type }) => type)).toEqual(['mcp_call', 'message']);
  });
});

test("beside a call of the caller's own, the gateway's is run, and the caller has the rest to do", async () => {
  const { provider, tenant } = native();
  const own = { ...functionCall('note', '{}'), id: 'fc_2', call_id: 'call_2' };
  provider.script = answer(
    response('completed', [functionCall('get_weather', given), own], { usage: responseUsage(1, 1) }),
  );
  const { output } = await tenant.client.responses.create({
    ...question,
    tools: [...question.tools, { type: 'function', name: 'note', parameters: null, strict: null }],
  });
  expect(output).toMatchObject([
    { type: 'mcp_call', status: 'completed' },
    { type: 'function_call', name: 'note', call_id: 'call_2' },
  ]);
  expect(provider.asked).toHaveLength(1);
});

test('reasoning that its provider does not take back is not sent again, and ids that it has not kept are not either', async () => {
  const { provider, tenant } = native();
  const reasoning = (id: string, more: object) => ({ type: 'reasoning', id, summary: [], ...more });
  const first = response(
    'completed',
    [reasoning('rs_1', {}), reasoning('rs_2', { encrypted_content: 'sealed' }), functionCall('get_weather', given)],
    { usage: responseUsage(1, 1) },
  );
  let times = 0;
  provider.script = (reply, asked) => answer(times++ === 0 ? first : respondedWith('Sunny.'))(reply, asked);
  await tenant.client.responses.create(question);
  const input = provider.asked[1]?.body['input'] as Record<string, unknown>[];
  expect(input.map(({ type, id }) => [type, id])).toEqual([
    [undefined, undefined],
    ['reasoning', 'rs_2'],
    ['function_call', undefined],
    ['function_call_output', undefined],
  ]);
});
