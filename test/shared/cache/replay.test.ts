/** A completion becomes a stream, and a stream a completion, and nothing is lost on the way or back. */
import fc from 'fast-check';
import OpenAI from 'openai';
import { assembled } from '../../../shared/cache/assemble.ts';
import { replayed } from '../../../shared/cache/replay.ts';
import { chunk, completion, done, frame, spoken, usage } from '../../support/scripted-provider.ts';

const bytes = (...frames: string[]): Buffer => Buffer.from(frames.join(''));

/** What the SDK's own helper makes of it. */
const asTheSdkReads = (stream: string): Promise<OpenAI.ChatCompletion> =>
  new OpenAI({
    apiKey: 'x',
    baseURL: 'http://provider.test/v1',
    fetch: async () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
  }).chat.completions
    .stream({ model: 'm', messages: [], tools: [] })
    .finalChatCompletion();

const toolCall = (id: string, name: string, args: string) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const logprob = (token: string) => ({ token, logprob: -0.5, bytes: [97], top_logprobs: [] });
const choice = (index: number, message: object, more: object = {}) => ({
  index,
  message: { role: 'assistant', content: null, refusal: null, ...message },
  logprobs: null,
  finish_reason: 'stop',
  ...more,
});
const whole = (...choices: object[]) => ({
  id: 'chatcmpl-1',
  created: 1_700_000_000,
  model: 'gpt',
  system_fingerprint: 'fp_1',
  service_tier: 'default',
  object: 'chat.completion',
  choices,
});

const completions: [string, ReturnType<typeof whole>][] = [
  ['text', whole(choice(0, { content: 'Grüße 🌍\n\ndata: [DONE]\n\n' }))],
  ['several choices', whole(choice(0, { content: 'a' }), choice(1, { content: 'b' }, { finish_reason: 'length' }))],
  ['a refusal', whole(choice(0, { refusal: 'I would rather not.' }))],
  [
    'calls of tools',
    whole(
      choice(
        0,
        { tool_calls: [toolCall('a', 'f', '{"x":1}'), toolCall('b', 'g', '')] },
        { finish_reason: 'tool_calls' },
      ),
    ),
  ],
  [
    'logprobs',
    whole(choice(0, { content: 'ab' }, { logprobs: { content: [logprob('a'), logprob('b')], refusal: null } })),
  ],
  ['what only one provider has', whole(choice(0, { content: 'x', reasoning_content: 'because' }, { matched_stop: 7 }))],
];

test.each(completions)('%s: comes back from the stream as it was', (_, given) => {
  expect(assembled(bytes(replayed(given, false)), null)).toEqual(given);
});

test.each(completions)('%s: is what the SDK makes of the stream', async (_, given) => {
  const read = await asTheSdkReads(replayed(given, true));
  expect(read.choices.map(({ index, finish_reason }) => [index, finish_reason])).toEqual(
    given.choices.map((one) => [
      (one as OpenAI.ChatCompletion.Choice).index,
      (one as OpenAI.ChatCompletion.Choice).finish_reason,
    ]),
  );
  for (const [index, one] of given.choices.entries()) {
    const { message, logprobs } = one as OpenAI.ChatCompletion.Choice;
    expect(read.choices[index]?.message).toMatchObject(message);
    expect(read.choices[index]?.logprobs).toEqual(logprobs);
  }
  expect(read).toMatchObject({ id: given.id, model: given.model, created: given.created });
});

test('any text survives both ways', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (content) => {
      const given = whole(choice(0, { content }));
      const again = assembled(bytes(replayed(given, false)), null) as typeof given;
      return JSON.stringify(again.choices) === JSON.stringify(given.choices);
    }),
  );
});

test('the usage is in the last chunk, where it was asked for, and in no other place', () => {
  const frames = (wantsUsage: boolean) =>
    replayed(completion('hi'), wantsUsage)
      .split('\n\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)) as { choices: unknown[]; usage?: unknown });
  expect(frames(false).map((one) => 'usage' in one)).toEqual([false, false]);
  expect(frames(true).map((one) => one.usage)).toEqual([null, null, usage(10, 5)]);
  expect(frames(true).at(-1)?.choices).toEqual([]);
});

test('pieces are put together: words, calls of tools in fragments, choices in turn', () => {
  const piece = (index: number, delta: object, finish: string | null = null) =>
    frame({ ...chunk({}), choices: [{ index, delta, finish_reason: finish, logprobs: null }] });
  const call = (index: number, more: object) => piece(0, { tool_calls: [{ index, ...more }] });
  const stream = bytes(
    ': a comment\n\n',
    piece(0, { role: 'assistant', content: null }),
    call(0, { id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
    piece(1, { role: 'assistant', content: 'one' }),
    call(0, { function: { arguments: '{"x":' } }),
    call(1, { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } }),
    call(0, { id: 'a', function: { name: 'f', arguments: '1}' } }),
    piece(1, { content: ' two' }, 'stop'),
    piece(0, {}, 'tool_calls'),
    done,
  );
  expect(assembled(stream, usage(1, 2))).toMatchObject({
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        finish_reason: 'tool_calls',
        message: { content: null, tool_calls: [toolCall('a', 'f', '{"x":1}'), toolCall('b', 'g', '{}')] },
      },
      { index: 1, finish_reason: 'stop', message: { content: 'one two' } },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 2 },
  });
});

test('lines may end as they like, and say which event they are', () => {
  const stream = spoken(['a', 'b'])
    .map((one) => `event: message\n${one}`.replaceAll('\n', '\r\n'))
    .join('');
  expect(assembled(Buffer.from(stream), null)).toMatchObject({ choices: [{ message: { content: 'ab' } }] });
});

test.each([
  ['breaks off', spoken(['a']).slice(0, -1)],
  ['has an error in it', [...spoken(['a']).slice(0, -1), frame({ error: { message: 'x' } }), done]],
  ['has an error beside choices', [frame({ ...chunk({ content: 'a' }), error: { message: 'x' } }), done]],
  ['has something else in it', [frame(chunk({ content: 'a' })), 'data: what\n\n', done]],
  ['has a list in it', [frame([1, 2]), done]],
  ['is empty', []],
])('a stream that %s is no completion', (_, frames) => {
  expect(assembled(bytes(...frames), null)).toBeNull();
});

test('a member called __proto__ is a member', () => {
  const hostile = frame(
    JSON.parse(
      '{"__proto__":{"polluted":1},"choices":[{"index":0,"delta":{"__proto__":{"polluted":1},"content":"a"}}]}',
    ),
  );
  expect(assembled(bytes(hostile, frame(chunk({}, 'stop')), done), null)).toMatchObject({ object: 'chat.completion' });
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});
