/** Read by the SDK's own parser of streams: what it makes of the events must be the response. */
import OpenAI from 'openai';
import { framesOf, isReplayable, replayed } from '../../../shared/stored-responses/replay.ts';
import type { JsonObject } from '../../../shared/stored-responses/stored-response.ts';

const text = (said: string, changes: JsonObject = {}) => ({
  type: 'output_text',
  text: said,
  annotations: [],
  logprobs: [],
  ...changes,
});
const message = (...content: JsonObject[]) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content,
});

const outputs: readonly (readonly [string, readonly JsonObject[]])[] = [
  ['nothing', []],
  ['a message', [message(text('Hello'))]],
  ['a message without a word', [message(text(''))]],
  ['several parts', [message(text('a'), { type: 'refusal', refusal: 'no' }, text('b'))]],
  [
    'annotations',
    [
      message(
        text('x', {
          annotations: [{ type: 'url_citation', url: 'https://a.test', title: '', start_index: 0, end_index: 1 }],
        }),
      ),
    ],
  ],
  [
    'calls and reasoning',
    [
      {
        id: 'rs_1',
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'first' }],
        content: [{ type: 'reasoning_text', text: 'second' }],
      },
      { id: 'fc_1', type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}', status: 'completed' },
      { id: 'ct_1', type: 'custom_tool_call', call_id: 'c2', name: 'g', input: 'raw' },
      {
        id: 'mcp_1',
        type: 'mcp_call',
        server_label: 'sluice',
        name: 'get_weather',
        arguments: '{}',
        output: 'sunny',
        error: null,
      },
      { id: 'ws_1', type: 'web_search_call', status: 'completed' },
    ],
  ],
];

const responseWith = (output: readonly JsonObject[], changes: JsonObject = {}): JsonObject => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'm',
  status: 'completed',
  error: null,
  output,
  usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  ...changes,
});

const clientFor = (frames: string) =>
  new OpenAI({
    apiKey: 'k',
    fetch: async () => new Response(frames, { headers: { 'content-type': 'text/event-stream' } }),
  });

test.each(outputs)('of %s the SDK makes the response again', async (_, output) => {
  const response = responseWith(output);
  const frames = framesOf(replayed(response, 'completed', undefined));
  const stream = clientFor(frames).responses.stream({ response_id: 'resp_1' });
  const seen: number[] = [];
  for await (const event of stream) seen.push(event.sequence_number);
  expect(await stream.finalResponse()).toMatchObject(response);
  expect(seen).toEqual(seen.map((_, index) => index));
});

test('it begins with a response that is in progress and holds nothing yet', () => {
  const [created, inProgress, ...rest] = replayed(responseWith([message(text('Hello'))]), 'completed', undefined);
  for (const event of [created, inProgress])
    expect(event?.['response']).toMatchObject({ id: 'resp_1', status: 'in_progress', output: [], usage: null });
  expect([created, inProgress, ...rest].map((event) => event?.type)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ]);
});

test.each([
  ['completed', 'response.completed'],
  ['incomplete', 'response.incomplete'],
  ['failed', 'response.failed'],
] as const)('one that is %s ends with %s', (status, type) => {
  expect(isReplayable(status)).toBe(true);
  const response = responseWith([], { status });
  expect(replayed(response, status, undefined).at(-1)).toMatchObject({ type, response });
});

test.each(['queued', 'in_progress', 'cancelled'] as const)('one that is %s has no end that could be told', (status) => {
  expect(isReplayable(status)).toBe(false);
});

test('it goes on after the event that was seen last', () => {
  const response = responseWith([message(text('Hello'))]);
  const all = replayed(response, 'completed', undefined);
  expect(replayed(response, 'completed', 3)).toEqual(all.slice(4));
  expect(replayed(response, 'completed', 0)).toEqual(all.slice(1));
  expect(replayed(response, 'completed', 1_000)).toEqual([]);
});
