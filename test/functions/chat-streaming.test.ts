import { APIError } from 'openai';
import { adminKey, baseURL } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import {
  answer,
  chunk,
  done,
  frame,
  refusal,
  type Script,
  spoken,
  stream,
  usage,
  usageChunk,
} from '../support/scripted-provider.ts';

const on = scene();

const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error as APIError,
  );

/** What the caller received, as text. */
async function raw(more: object = {}): Promise<{ status: number; text: string; headers: Headers }> {
  const { gateway, tenant } = on();
  const response = await gateway.fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...question, stream: true, ...more }),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe('a streamed chat completion', () => {
  test("arrives in the SDK's hands word by word, with the usage where it was asked for", async () => {
    const { provider, tenant } = on();
    provider.script = stream(spoken(['Hel', 'lo'], usage(12, 2)));
    const events = await tenant.client.chat.completions.create({
      ...question,
      stream: true,
      stream_options: { include_usage: true },
    });
    const seen = [];
    for await (const event of events) seen.push(event);
    expect(seen.map(({ choices }) => choices[0]?.delta.content)).toEqual(['', 'Hel', 'lo', undefined, undefined]);
    expect(seen.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 12, completion_tokens: 2 } });
  });

  test("works with the SDK's .stream() helper, tool calls in fragments", async () => {
    const { provider, tenant } = on();
    const call = (index: number, more: object) => frame(chunk({ tool_calls: [{ index, ...more }] }));
    provider.script = stream([
      frame(chunk({ role: 'assistant', content: null })),
      call(0, { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } }),
      call(0, { function: { arguments: '{"city":' } }),
      call(1, { id: 'call_b', type: 'function', function: { name: 'time', arguments: '{}' } }),
      call(0, { function: { arguments: '"Paris"}' } }),
      frame(chunk({}, 'tool_calls')),
      frame(usageChunk(usage(9, 9))),
      done,
    ]);
    const final = await tenant.client.chat.completions.stream({ ...question, tools: [] }).finalChatCompletion();
    expect(final.choices[0]?.message.tool_calls).toMatchObject([
      { id: 'call_a', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
      { id: 'call_b', function: { name: 'time', arguments: '{}' } },
    ]);
  });

  test("is the provider's own bytes, less the usage that nobody asked for", async () => {
    const { provider } = on();
    const frames = spoken(['Grüße', ' 🌍', ' "usage":{'], usage(5, 3));
    provider.script = stream(frames);
    const { status, text, headers } = await raw();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(text).toBe(frames.filter((one) => !one.includes('"prompt_tokens"')).join(''));
  });

  test('always asks the provider for its usage, and keeps the other stream options', async () => {
    const { provider } = on();
    await raw({ stream_options: { include_obfuscation: false } });
    expect(provider.asked[0]?.body['stream_options']).toEqual({ include_obfuscation: false, include_usage: true });
  });

  test('leaves as it comes: a first word is out before the provider has thought of the second', async () => {
    const { provider, tenant } = on();
    let go = () => {};
    const asked = new Promise<void>((resolve) => {
      go = resolve;
    });
    provider.script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame(chunk({ content: 'first' })));
      await asked;
      response.end(frame(chunk({ content: 'second' }, 'stop')) + done);
    };
    const events = (await tenant.client.chat.completions.create({ ...question, stream: true }))[Symbol.asyncIterator]();
    expect((await events.next()).value?.choices[0]?.delta.content).toBe('first');
    go();
    expect((await events.next()).value?.choices[0]?.delta.content).toBe('second');
    expect((await events.next()).done).toBe(true);
  });

  test('is metered once, at its end (I3)', async () => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = stream(spoken(['a', 'b', 'c'], usage(100, 3, 50)));
    for await (const _ of await tenant.client.chat.completions.create({ ...question, stream: true }));
    expect(await ledger(tenant.projectId)).toMatchObject([
      {
        streamed: true,
        outcome: 'succeeded',
        inputTokens: 100,
        cachedInputTokens: 50,
        outputTokens: 3,
        estimated: false,
      },
    ]);
  });

  test('is metered to its end although the caller has left (I3)', async () => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = stream(
      spoken(
        Array.from({ length: 50 }, () => 'word '),
        usage(100, 50),
      ),
      { pauseMs: 2 },
    );
    const events = await tenant.client.chat.completions.create({ ...question, stream: true });
    for await (const _ of events) break;
    expect(await ledger(tenant.projectId)).toMatchObject([
      { state: 'settled', outcome: 'succeeded', inputTokens: 100, outputTokens: 50, estimated: false },
    ]);
  });

  test('without any usage from the provider is counted by us, and marked', async () => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = stream(spoken(['a', 'b', 'c'], null));
    for await (const _ of await tenant.client.chat.completions.create({ ...question, stream: true }));
    expect(await ledger(tenant.projectId)).toMatchObject([
      { outcome: 'succeeded', estimated: true, outputTokens: expect.any(Number) },
    ]);
  });

  test('whose provider forgets [DONE] still ends with exactly one', async () => {
    on().provider.script = stream(spoken(['a'], usage(1, 1)).slice(0, -1));
    const { text } = await raw();
    expect(text.match(/\[DONE\]/g)).toHaveLength(1);
    expect(text.endsWith(done)).toBe(true);
  });
});

describe('a stream that fails before its first chunk is a real HTTP error (I7)', () => {
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
    ['the stream has only comments', stream([': hello\n\n', ': still here\n\n']), 502, 'upstream_error'],
    ['the stream begins with an error', stream([frame({ error: { message: 'overloaded' } })]), 502, 'upstream_error'],
    [
      'the stream is cut in its first frame',
      stream(['data: {"choices":[{"del'], { thenCut: true }),
      502,
      'upstream_error',
    ],
  ];

  test.each(failures)('%s', async (_, script, status, code) => {
    const { provider, tenant } = on();
    provider.script = script;
    const error = await failure(tenant.client.chat.completions.create({ ...question, stream: true }));
    expect(error).toBeInstanceOf(APIError);
    expect({ status: error?.status, code: error?.code }).toEqual({ status, code });
  });
});

describe('a stream that fails after its first chunk ends with an error in its own words (I7)', () => {
  const said = frame(chunk({ content: 'Once upon' }));
  const failures: [string, Script][] = [
    ['cut between frames', stream([said], { thenCut: true })],
    ['cut in the midst of a frame', stream([said, 'data: {"choices":[{"delta":{"content":"a ti'], { thenCut: true })],
    ['ended in the midst of a frame', stream([said, 'data: {"choices":[{"delta":{"content":"a ti'])],
    ['ended without having finished', stream([said])],
    [
      'an error frame of the provider',
      stream([said, frame({ error: { message: 'internal of the provider' } })], { pauseMs: 30 }),
    ],
    [
      'an error event of the provider',
      stream([said, `event: error\n${frame({ error: { message: 'internal' } })}`], { pauseMs: 30 }),
    ],
  ];

  test.each(failures)('%s', async (_, script) => {
    const { provider, gateway, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = script;
    const words: string[] = [];
    const error = await failure(
      (async () => {
        for await (const event of await tenant.client.chat.completions.create({ ...question, stream: true })) {
          words.push(event.choices[0]?.delta.content ?? '');
        }
      })(),
    );
    expect(words).toEqual(['Once upon']);
    expect(error).toMatchObject({ type: 'server_error', code: 'upstream_error', param: null });
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'cut', estimated: true }]);
  });

  test.each(failures)('%s: no [DONE], and nothing of the provider', async (_, script) => {
    on().provider.script = script;
    const { status, text } = await raw();
    expect(status).toBe(200);
    const frames = text.split('\n\n').filter(Boolean);
    expect(frames[0]).toBe(said.trim());
    expect(JSON.parse(frames.at(-1)?.replace('data: ', '') ?? '')).toEqual({
      error: {
        message: 'The model provider failed to answer.',
        type: 'server_error',
        param: null,
        code: 'upstream_error',
      },
    });
    expect(frames).toHaveLength(2);
    expect(text).not.toMatch(/DONE|internal/);
  });
});

test('a whole answer to a stream that was asked for is an error, not a success', async () => {
  const { provider, tenant } = on();
  provider.script = answer({ error: { message: 'no streams today' } });
  const error = await failure(tenant.client.chat.completions.create({ ...question, stream: true }));
  expect(error).toMatchObject({ status: 502, code: 'upstream_error' });
});

test('the admin key cannot stream either', async () => {
  const error = await failure(
    on()
      .gateway.withKey(adminKey)
      .chat.completions.create({ ...question, stream: true }),
  );
  expect(error).toMatchObject({ status: 403, code: 'insufficient_permissions' });
});
