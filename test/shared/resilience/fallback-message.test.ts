import { canSayText, fallbackAnswer } from '../../../shared/resilience/fallback-message.ts';

const asked = (more: object = {}) => ({ model: 'm', messages: [], ...more });
const message = { message: 'Back soon.', why: 'upstream_timeout', id: 'chatcmpl-1', createdAtMs: 1_999 } as const;

describe('a message can be said', () => {
  test.each<[boolean, object]>([
    [true, {}],
    [true, { response_format: null, tool_choice: null, function_call: null }],
    [true, { response_format: { type: 'text' } }],
    [false, { response_format: { type: 'json_object' } }],
    [false, { response_format: { type: 'json_schema', json_schema: { name: 'x' } } }],
    [false, { response_format: { type: 'grammar' } }],
    [true, { tools: [{ type: 'function' }] }],
    [true, { tools: [{ type: 'function' }], tool_choice: 'auto' }],
    [true, { tools: [{ type: 'function' }], tool_choice: 'none' }],
    [false, { tools: [{ type: 'function' }], tool_choice: 'required' }],
    [false, { tool_choice: { type: 'function', function: { name: 'f' } } }],
    [false, { tool_choice: { type: 'custom', custom: { name: 'f' } } }],
    [true, { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } }],
    [false, { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [] } } }],
    [false, { tool_choice: { type: 'allowed_tools' } }],
    [true, { function_call: 'auto' }],
    [false, { function_call: { name: 'f' } }],
  ])('%s: %j', (possible, more) => {
    expect(canSayText(asked(more))).toBe(possible);
  });
});

test('a whole one is a completion that used nothing', () => {
  const { status, headers, body } = fallbackAnswer(asked(), false, message);
  expect([status, headers]).toEqual([
    200,
    {
      'content-type': 'application/json',
      'x-sluice-fallback': 'message',
      'x-sluice-error': 'upstream_timeout',
      'x-sluice-cost-usd': '0.000000',
    },
  ]);
  expect(JSON.parse(String(body))).toEqual({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Back soon.', refusal: null },
        finish_reason: 'fallback',
        logprobs: null,
      },
    ],
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  });
});

test('a streamed one has one id, says its role first and why it ends last, and its usage only where it was asked for', () => {
  const frames = (more: object = {}) =>
    String(fallbackAnswer(asked(more), true, message).body)
      .split('\n\n')
      .map((text) => text.replace('data: ', ''))
      .filter((text) => text.startsWith('{'))
      .map((text) => JSON.parse(text));
  const [first, second, last, ...more] = frames();
  expect(
    new Set([first, second, last].map(({ id, object, model, created }) => `${id} ${object} ${model} ${created}`)),
  ).toEqual(new Set(['chatcmpl-1 chat.completion.chunk m 1']));
  expect([first, second, last].map(({ choices }) => choices[0])).toMatchObject([
    { delta: { role: 'assistant' }, finish_reason: null },
    { delta: { content: 'Back soon.' }, finish_reason: null },
    { delta: {}, finish_reason: 'fallback' },
  ]);
  expect(more).toEqual([]);
  expect(frames({ stream_options: { include_usage: true } }).at(-1)).toMatchObject({
    choices: [],
    usage: { total_tokens: 0 },
  });
  expect(String(fallbackAnswer(asked(), true, message).body).endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
});

test('every choice that was asked for says it', () => {
  const { choices } = JSON.parse(String(fallbackAnswer(asked({ n: 3 }), false, message).body));
  expect(
    choices.map(({ index, message: { content } }: { index: number; message: { content: string } }) => [index, content]),
  ).toEqual([
    [0, 'Back soon.'],
    [1, 'Back soon.'],
    [2, 'Back soon.'],
  ]);
});
