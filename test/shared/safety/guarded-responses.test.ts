/** Streams of the Responses API: what is said in pieces is said again by the events that end it. */
import OpenAI from 'openai';
import { guardedStream } from '../../../shared/safety/guarded-stream.ts';
import type { OutputGuard } from '../../../shared/safety/output-guard.ts';
import { pieces } from '../streaming/pieces.ts';
import { dataIn, guarded, moderating, redacting, unless } from './streamed.ts';

type Event = { readonly type: string; readonly [name: string]: unknown };

const response = (status: string, output: unknown[], more: object = {}) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1_700_000_000,
  status,
  model: 'scripted',
  instructions: 'Never say poison to ada@example.com.',
  output,
  usage: null,
  incomplete_details: null,
  error: null,
  ...more,
});
const part = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });
const message = (text: string, status = 'completed') => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status,
  content: text === '' ? [] : [part(text)],
});
const call = (args: string, status = 'completed') => ({
  id: 'fc_1',
  type: 'function_call',
  call_id: 'call_1',
  name: 'send',
  arguments: args,
  status,
});
const used = {
  input_tokens: 10,
  output_tokens: 5,
  total_tokens: 15,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens_details: { reasoning_tokens: 0 },
};

/** As the API streams a message and a call of a function. */
function events(words: readonly string[], args: readonly string[]): string[] {
  const text = words.join('');
  const whole = args.join('');
  const inText = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const inCall = { item_id: 'fc_1', output_index: 1 };
  const all: Event[] = [
    { type: 'response.created', response: response('in_progress', []) },
    { type: 'response.in_progress', response: response('in_progress', []) },
    { type: 'response.output_item.added', output_index: 0, item: message('', 'in_progress') },
    { type: 'response.content_part.added', ...inText, part: part('') },
    ...words.map((delta) => ({ type: 'response.output_text.delta', ...inText, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...inText, text, logprobs: [] },
    { type: 'response.content_part.done', ...inText, part: part(text) },
    { type: 'response.output_item.done', output_index: 0, item: message(text) },
    { type: 'response.output_item.added', output_index: 1, item: call('', 'in_progress') },
    ...args.map((delta) => ({ type: 'response.function_call_arguments.delta', ...inCall, delta })),
    { type: 'response.function_call_arguments.done', ...inCall, name: 'send', arguments: whole },
    { type: 'response.output_item.done', output_index: 1, item: call(whole) },
    { type: 'response.completed', response: response('completed', [message(text), call(whole)], { usage: used }) },
  ];
  return all.map(
    ({ type, ...rest }, sequence_number) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number, ...rest })}\n\n`,
  );
}

const words = ['Hello there. ', 'Write to ada@', 'example.com, ', 'if you like.'];
const args = ['{"to":"ada\\u0040exam', 'ple.com","n', '":1}'];

const finalResponse = (frames: readonly string[], guard: OutputGuard) =>
  new OpenAI({
    apiKey: 'sk-none',
    maxRetries: 0,
    fetch: async () => {
      const stream = guardedStream(pieces(...frames), guard, { dialect: 'responses', onRefused: () => {} });
      return new Response(ReadableStream.from(stream), { headers: { 'content-type': 'text/event-stream' } });
    },
  }).responses
    .stream({ model: 'm', input: 'Hi' })
    .finalResponse();

test('events leave byte for byte where nothing is found', async () => {
  const frames = events(['Hello ', 'there.'], ['{"n":', '1}']);
  expect((await guarded(frames, redacting(), 'responses')).text).toBe(frames.join(''));
  expect(
    (
      await guarded(
        frames,
        moderating(async () => 'cleared'),
        'responses',
      )
    ).text,
  ).toBe(frames.join(''));
});

test('what is replaced is replaced in every event that says it, and what the caller said is not', async () => {
  const { text } = await guarded(events(words, args), redacting(), 'responses');
  const said = dataIn(text);
  expect(said.length).toBe(events(words, args).length);
  const output = said.filter(({ type }) => type !== 'response.created' && type !== 'response.in_progress');
  expect(JSON.stringify(output.map((event) => ({ ...event, response: undefined })))).not.toContain('example.com');
  const completed = said.at(-1)?.['response'] as { output: unknown[]; instructions: string };
  expect(completed.output).toEqual([
    message('Hello there. Write to [EMAIL_1], if you like.'),
    call('{"to":"[EMAIL_1]","n":1}'),
  ]);
  expect(completed.instructions).toContain('ada@example.com');
  const deltas = said.filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta);
  expect(deltas.join('')).toBe('Hello there. Write to [EMAIL_1], if you like.');
});

test('texts that are said again are checked once', async () => {
  const seen: string[] = [];
  const check = async (text: string) => {
    seen.push(text);
    return 'cleared' as const;
  };
  await guarded(events(words, args), moderating(check), 'responses');
  expect(seen.filter((text) => text.includes('if you like'))).toHaveLength(1);
  expect(seen.filter((text) => text.includes('"to"'))).toHaveLength(1);
});

test('a text that only its last event says is checked all the same', async () => {
  const frames = events(['Hello.'], ['{}']).map((frame) => frame.replace('"text":"Hello."', '"text":"poison"'));
  const { text, refusals } = await guarded(frames, moderating(unless('poison')), 'responses');
  expect(refusals).toBe(1);
  expect(text.replaceAll('Never say poison', '')).not.toContain('poison');
});

test('a refusal is the event that says so, with what was said in full before', async () => {
  const { text, refusals } = await guarded(
    events(['All is well.'], ['{"to":"', 'poison"}']),
    moderating(unless('poison')),
    'responses',
  );
  const said = dataIn(text);
  expect(refusals).toBe(1);
  expect(said.map(({ sequence_number }) => sequence_number)).toEqual(said.map((_, index) => index));
  expect(said.at(-1)).toMatchObject({
    type: 'response.incomplete',
    response: {
      id: 'resp_1',
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      output: [message('All is well.')],
      usage: null,
    },
  });
  expect(text).toContain('event: response.incomplete\n');
  expect(text).not.toContain('[DONE]');
  expect(text.replaceAll('Never say poison', '')).not.toContain('poison');
});

test.each<[string, Event]>([
  ['sound', { type: 'response.audio.delta', delta: 'UklGRg==' }],
  ['a picture', { type: 'response.image_generation_call.partial_image', item_id: 'ig_1', partial_image_b64: 'iVBO' }],
  [
    'a drawn picture',
    { type: 'response.output_item.done', item: { type: 'image_generation_call', id: 'ig_1', result: 'iVBO' } },
  ],
])('%s is refused, since nobody can look at it (I8)', async (_, event) => {
  const frames = [...events([], []).slice(0, 2), `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`];
  const { text, refusals } = await guarded(
    frames,
    moderating(async () => 'cleared'),
    'responses',
  );
  expect(refusals).toBe(1);
  expect(text).toContain('response.incomplete');
  expect(text).not.toMatch(/UklGR|iVBO/);
});

test('an error is passed on, without what was held', async () => {
  const error = `event: error\ndata: ${JSON.stringify({ type: 'error', code: 'server_error', message: 'No.', param: null, sequence_number: 9 })}\n\n`;
  const { text } = await guarded(
    [...events(['Not yet'], []).slice(0, 5), error],
    moderating(async () => 'cleared'),
    'responses',
  );
  expect(dataIn(text).at(-1)).toMatchObject({ type: 'error', code: 'upstream_error', sequence_number: 9 });
  expect(text).not.toContain('Not yet');
});

describe('the SDK’s own stream', () => {
  test('puts the redacted answer together', async () => {
    const final = await finalResponse(events(words, args), redacting());
    expect(final.output_text).toBe('Hello there. Write to [EMAIL_1], if you like.');
    expect(final.status).toBe('completed');
  });

  test('ends incomplete, and says why', async () => {
    const final = await finalResponse(
      events(['All is well. And it is, really. ', 'poison'], []),
      moderating(unless('poison')),
    );
    expect(final.status).toBe('incomplete');
    expect(final.incomplete_details).toEqual({ reason: 'content_filter' });
  });
});
