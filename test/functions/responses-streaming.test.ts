/** Responses as events: POST /v1/responses with `stream`, through the official SDK. */
import { APIError } from 'openai';
import { baseURL } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { answer, refusal, type Script, stream } from '../support/scripted-provider.ts';
import {
  begun,
  calledEvents,
  completed,
  eventFrame,
  eventFrames,
  functionCall,
  message,
  respondedEvents,
  response,
  responseUsage,
  spokenEvents,
} from '../support/scripted-responses.ts';

const on = scene();
const question = { model: 'test-model', input: 'Say hello' };

const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error as APIError,
  );

/** What the caller received, as text. */
async function raw(more: object = {}): Promise<{ status: number; text: string; headers: Headers }> {
  const { gateway, tenant } = on();
  const response = await gateway.fetch(`${baseURL}/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...question, stream: true, ...more }),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const failed = eventFrame({
  type: 'response.failed',
  sequence_number: 2,
  response: response('failed', [], { error: { code: 'server_error', message: 'internal of the provider' } }),
});

/** What a response echoes of its request is the gateway's to say, and so is its id. */
const echoed = ['id', 'background', 'max_output_tokens', 'truncation', 'conversation', 'previous_response_id', 'store'];
const unpresented = (text: string): string =>
  text.replace(/^data: (\{.*\})$/gm, (line, json: string) => {
    const event = JSON.parse(json) as { response?: Record<string, unknown> };
    if (!event.response) return line;
    const others = Object.entries(event.response).filter(([name]) => !echoed.includes(name));
    return `data: ${JSON.stringify({ ...event, response: Object.fromEntries(others) })}`;
  });

describe('a streamed response', () => {
  test("arrives in the SDK's hands event by event, with its usage", async () => {
    const { provider, tenant } = on();
    provider.script = stream(respondedEvents(['Hel', 'lo'], responseUsage(12, 2)));
    const types: string[] = [];
    for await (const event of await tenant.client.responses.create({ ...question, stream: true }))
      types.push(event.type);
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
  });

  test("works with the SDK's .stream() helper, calls of functions in fragments", async () => {
    const { provider, tenant } = on();
    const output = [message('Well,'), functionCall('weather', '{"city":"Paris"}')];
    provider.script = stream(
      eventFrames([
        ...begun,
        ...spokenEvents(['Well,']),
        ...calledEvents('weather', ['{"city":', '"Paris"}'], 1),
        completed(output, responseUsage(9, 9)),
      ]),
    );
    const final = await tenant.client.responses.stream({ ...question, tools: [] }).finalResponse();
    expect(final.output_text).toBe('Well,');
    expect(final.output[1]).toMatchObject({ type: 'function_call', arguments: '{"city":"Paris"}' });
    expect(final.usage).toMatchObject({ input_tokens: 9, output_tokens: 9 });
  });

  test("is the provider's own bytes but for what it echoes, asked for as the caller asked", async () => {
    const { provider } = on();
    const frames = respondedEvents(['Grüße', ' 🌍', ' "response":{'], responseUsage(5, 3));
    provider.script = stream(frames);
    const { status, text, headers } = await raw({ stream_options: { include_obfuscation: false } });
    expect([status, unpresented(text)]).toEqual([200, unpresented(frames.join(''))]);
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('x-sluice-provider')).toBe('scripted');
    expect(provider.asked[0]?.body).toEqual({
      ...question,
      model: 'upstream-model',
      stream: true,
      stream_options: { include_obfuscation: false },
      max_output_tokens: 4_096,
      store: false,
    });
  });

  test('leaves as it comes: a first word is out before the provider has thought of the second', async () => {
    const { provider, tenant } = on();
    let go = () => {};
    const asked = new Promise<void>((resolve) => {
      go = resolve;
    });
    const frames = respondedEvents(['first', 'second']);
    provider.script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frames.slice(0, 5).join(''));
      await asked;
      response.end(frames.slice(5).join(''));
    };
    const events = await tenant.client.responses.create({ ...question, stream: true });
    const words: string[] = [];
    for await (const event of events) {
      if (event.type !== 'response.output_text.delta') continue;
      words.push(event.delta);
      go();
    }
    expect(words).toEqual(['first', 'second']);
  });

  test.each<[string, Script, object]>([
    [
      'once, at its end',
      stream(respondedEvents(['a', 'b', 'c'], responseUsage(100, 3, 50))),
      { outcome: 'succeeded', inputTokens: 100, cachedInputTokens: 50, outputTokens: 3, estimated: false },
    ],
    [
      'by our own count, where the provider gives none',
      stream(respondedEvents(['a', 'b', 'c'], null)),
      { outcome: 'succeeded', outputTokens: 3, estimated: true },
    ],
    [
      'as what it was, where it ended before its time',
      stream([
        ...eventFrames([...begun, ...spokenEvents(['a'])]),
        eventFrame({
          type: 'response.incomplete',
          response: response('incomplete', [], { usage: responseUsage(7, 1) }),
        }),
      ]),
      { outcome: 'succeeded', inputTokens: 7, outputTokens: 1, estimated: false },
    ],
    [
      'as what it was, where it failed',
      stream(
        [
          ...eventFrames([...begun, ...spokenEvents(['a'])]),
          eventFrame({ type: 'response.failed', response: response('failed', [], { usage: responseUsage(8, 2) }) }),
        ],
        { pauseMs: 5 },
      ),
      { outcome: 'cut', inputTokens: 8, outputTokens: 2, estimated: false },
    ],
  ])('is metered %s (I3)', async (_, script, row) => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = script;
    await failure(
      (async () => {
        for await (const event of await tenant.client.responses.create({ ...question, stream: true })) void event;
      })(),
    );
    expect(await ledger(tenant.projectId)).toMatchObject([{ streamed: true, kind: 'completions', ...row }]);
  });

  test('is metered to its end although the caller has left (I3)', async () => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    const words = Array.from({ length: 50 }, () => 'word ');
    provider.script = stream(respondedEvents(words, responseUsage(100, 50)), { pauseMs: 2 });
    for await (const _ of await tenant.client.responses.create({ ...question, stream: true })) break;
    expect(await ledger(tenant.projectId)).toMatchObject([
      { state: 'settled', outcome: 'succeeded', inputTokens: 100, outputTokens: 50, estimated: false },
    ]);
  });
});

describe('a stream that fails before it answers is a real HTTP error (I7)', () => {
  const [created = ''] = respondedEvents(['a']);
  const failures: [string, Script, number, string | null][] = [
    ['the provider answers 500', refusal(500, { message: 'oh no' }), 502, 'upstream_error'],
    [
      'the provider refuses the request',
      refusal(400, { message: 'Bad tool.', type: 'x', param: 'tools', code: 'bad_tool' }),
      400,
      'bad_tool',
    ],
    ['the provider hangs up', (response) => void response.destroy(), 502, 'upstream_error'],
    ['the stream is empty', stream([]), 502, 'upstream_error'],
    ['a response is created, and fails', stream([created, failed]), 502, 'upstream_error'],
    ['a response is created, and that is all', stream([created]), 502, 'upstream_error'],
    ['a response is created, and cut', stream([created], { thenCut: true }), 502, 'upstream_error'],
    ['a whole answer instead', answer(response('completed', [message('canary')])), 502, 'upstream_error'],
  ];

  test.each(failures)('%s', async (_, script, status, code) => {
    const { provider, tenant } = on();
    provider.script = script;
    const error = await failure(tenant.client.responses.create({ ...question, stream: true }));
    expect(error).toBeInstanceOf(APIError);
    expect({ status: error?.status, code: error?.code }).toEqual({ status, code });
  });
});

describe('a stream that fails after it has begun to answer ends with an error in its own words (I7)', () => {
  const said = eventFrames([...begun, ...spokenEvents(['Once upon'])])
    .slice(0, 5)
    .join('');
  const failures: [string, Script][] = [
    ['cut between events', stream([said], { thenCut: true })],
    ['cut in the midst of an event', stream([said, 'data: {"type":"response.output_text.del'], { thenCut: true })],
    ['ended without having finished', stream([said])],
    ['failed', stream([said, failed], { pauseMs: 30 })],
    ['an error', stream([said, eventFrame({ type: 'error', message: 'internal' })], { pauseMs: 30 })],
  ];

  test.each(failures)('%s', async (_, script) => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = script;
    const words: string[] = [];
    const error = await failure(
      (async () => {
        for await (const event of await tenant.client.responses.create({ ...question, stream: true })) {
          if (event.type === 'response.output_text.delta') words.push(event.delta);
        }
      })(),
    );
    expect(words).toEqual(['Once upon']);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: 'upstream_error', param: null });
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'cut', estimated: true, outputTokens: 1 }]);
  });

  test.each(failures)('%s: nothing of the provider, and the SDK’s helper throws', async (_, script) => {
    const { provider, tenant } = on();
    provider.script = script;
    const { status, text } = await raw();
    expect(status).toBe(200);
    expect(unpresented(text)).toBe(
      `${unpresented(said)}event: error\ndata: ${JSON.stringify({
        type: 'error',
        sequence_number: 5,
        code: 'upstream_error',
        message: 'The model provider failed to answer.',
        param: null,
      })}\n\n`,
    );
    await expect(tenant.client.responses.stream(question).finalResponse()).rejects.toThrow();
  });
});
