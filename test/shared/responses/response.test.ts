/** A whole chat completion as a response. */
import { zodTextFormat } from 'openai/helpers/zod';
import type { ResponseInput } from 'openai/resources/responses/responses';
import { z } from 'zod';
import { translation } from '../../../shared/responses/translation.ts';
import { completion, usage } from '../../support/scripted-provider.ts';
import { askingFor, chatProvider, clientOf, nowMs } from './chat-provider.ts';

type Message = Record<string, unknown>;

const answering = (message: Message, finish = 'stop', more: Record<string, unknown> = {}) => ({
  ...completion(''),
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish, ...more }],
});
const made = { id: 'resp_1', createdAt: 1, completedAt: 2 };
const responseTo = (answer: unknown, request: Record<string, unknown> = {}) =>
  translation.responseOf(answer, { model: 'm', input: 'Hi', ...request }, made);
const outputOf = (...args: Parameters<typeof answering>) => responseTo(answering(...args))?.['output'];

const weatherCall = {
  id: 'call_a',
  type: 'function',
  function: { name: 'get_weather', arguments: '{"location":"Paris"}' },
};

test('says again what was asked, what became of it and what it took', () => {
  const request = {
    ...{
      instructions: 'Be brief.',
      max_output_tokens: 64,
      metadata: { a: 'b' },
      temperature: 0,
      top_p: 0.5,
      user: 'u',
    },
    ...{ previous_response_id: 'resp_0', truncation: 'auto', parallel_tool_calls: false, store: false },
    ...{ tools: [{ type: 'function', name: 'f' }], tool_choice: 'none', reasoning: { effort: 'low' } },
    ...{
      text: { verbosity: 'low' },
      max_tool_calls: 2,
      safety_identifier: 's',
      prompt_cache_key: 'k',
      top_logprobs: 1,
    },
  };
  const used = { ...usage(10, 5, 4), completion_tokens_details: { reasoning_tokens: 3 } };
  expect(responseTo({ ...completion('Paris.', used), service_tier: 'flex' }, request)).toEqual({
    ...request,
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    completed_at: 2,
    status: 'completed',
    background: false,
    error: null,
    incomplete_details: null,
    access_programs: null,
    model: 'scripted',
    service_tier: 'flex',
    tools: [{ type: 'function', name: 'f', parameters: null, strict: null }],
    reasoning: { effort: 'low', summary: null },
    text: { verbosity: 'low', format: { type: 'text' } },
    output: [
      {
        id: 'msg_1000',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Paris.', annotations: [], logprobs: [] }],
      },
    ],
    usage: {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 15,
    },
  });
});

test('says what holds where nothing was asked', () => {
  expect(responseTo(completion('Paris.', null))).toMatchObject({
    ...{ instructions: null, max_output_tokens: null, metadata: {}, temperature: null, top_p: null, user: null },
    ...{ previous_response_id: null, truncation: 'disabled', parallel_tool_calls: true, store: true, tools: [] },
    ...{ tool_choice: 'auto', reasoning: { effort: null, summary: null }, text: { format: { type: 'text' } } },
    ...{ usage: null },
  });
});

describe('the output', () => {
  test('has calls of tools as items that can be answered by the provider’s own id of the call', () => {
    const sql = { id: 'call_b', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } };
    expect(outputOf({ content: 'One moment.', tool_calls: [weatherCall, sql] }, 'tool_calls')).toMatchObject([
      { type: 'message', content: [{ text: 'One moment.' }] },
      {
        id: 'fc_1001',
        type: 'function_call',
        call_id: 'call_a',
        name: 'get_weather',
        arguments: '{"location":"Paris"}',
        status: 'completed',
      },
      { id: 'ctc_1002', type: 'custom_tool_call', call_id: 'call_b', name: 'sql', input: 'SELECT 1' },
    ]);
  });

  test('gives a call an id that has none, or another’s, and {} where it has no arguments', () => {
    const bare = { function: { name: 'f', arguments: '' } };
    const calls = [weatherCall, { ...bare, id: 'call_a' }, bare, { ...bare, id: '' }];
    const items = outputOf({ content: null, tool_calls: calls }, 'tool_calls') as {
      call_id: string;
      arguments: string;
    }[];
    expect(items.map((item) => item.call_id)).toEqual(['call_a', 'call_1001', 'call_1002', 'call_1003']);
    expect(items.map((item) => item.arguments)).toEqual(['{"location":"Paris"}', '{}', '{}', '{}']);
  });

  test('takes arguments for JSON that are already parsed', () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: { a: 1 } } };
    expect(outputOf({ content: null, tool_calls: [call] }, 'tool_calls')).toMatchObject([{ arguments: '{"a":1}' }]);
  });

  test.each([
    ['reasoning_content', { content: 'Paris.', reasoning_content: 'Hm.' }],
    ['reasoning', { content: 'Paris.', reasoning: 'Hm.' }],
    [
      'parts',
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
          { type: 'text', text: 'Paris.' },
        ],
      },
    ],
  ])('has the reasoning before the answer, as providers show it: %s', (_, message) => {
    expect(outputOf(message)).toMatchObject([
      { id: 'rs_1000', type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] },
      { id: 'msg_1001', type: 'message', content: [{ type: 'output_text', text: 'Paris.' }] },
    ]);
  });

  test('has a refusal as one, and an empty answer as an empty text', () => {
    expect(outputOf({ content: null, refusal: 'No.' })).toMatchObject([
      { content: [{ type: 'refusal', refusal: 'No.' }] },
    ]);
    expect(outputOf({ content: '' })).toMatchObject([
      { type: 'message', content: [{ type: 'output_text', text: '' }] },
    ]);
  });

  test('has the probabilities of its tokens', () => {
    const logprob = { token: 'a', bytes: [97], logprob: -0.1, top_logprobs: [] };
    expect(outputOf({ content: 'a' }, 'stop', { logprobs: { content: [logprob] } })).toMatchObject([
      { content: [{ logprobs: [logprob] }] },
    ]);
  });

  test.each([
    ['length', 'max_output_tokens'],
    ['model_length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('is incomplete where it was cut off: %s', (finish, reason) => {
    const response = responseTo(answering({ content: 'Par', reasoning: 'Hm.' }, finish));
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason } });
    expect(response).not.toHaveProperty('completed_at');
    expect(response?.['output']).toMatchObject([
      { type: 'reasoning', status: 'completed' },
      { type: 'message', status: 'incomplete' },
    ]);
    expect(outputOf({ content: null, reasoning: 'Hm.' }, finish)).toMatchObject([
      { type: 'reasoning', status: 'incomplete' },
    ]);
  });
});

test.each([
  ['nothing', null],
  ['a list', []],
  ['an error', { error: { message: 'x' } }],
  ['an error beside an answer', { ...completion('x'), error: { message: 'x' } }],
  ['no choices', { ...completion('x'), choices: [] }],
  ['a choice that failed', answering({ content: 'x' }, 'error')],
  ['a call without a name', answering({ content: null, tool_calls: [{ id: 'a', function: { arguments: '{}' } }] })],
])('%s is no answer', async (_, answer) => {
  expect(responseTo(answer)).toBeNull();
  const { translated } = chatProvider({ whole: answer });
  await expect(translated.whole(askingFor())).rejects.toMatchObject({ why: 'upstream_error' });
});

test.each([
  ['usage is no object', 'many'],
  ['tokens are no numbers', { prompt_tokens: '10', completion_tokens: 5 }],
  ['tokens are below nothing', { prompt_tokens: -1, completion_tokens: 5 }],
])('says nothing of tokens where %s', (_, used) => {
  expect(responseTo(completion('x', used))).toMatchObject({ usage: null });
});

describe('the SDK', () => {
  test('reads text, calls and usage', async () => {
    const { translated, asked } = chatProvider({ whole: completion('Paris.') });
    const response = await clientOf(translated).responses.create({
      model: 'm',
      input: 'Hi',
      instructions: 'Be brief.',
    });
    expect(response).toMatchObject({ output_text: 'Paris.', status: 'completed', created_at: nowMs / 1000 });
    expect(response.usage?.total_tokens).toBe(15);
    expect(asked[0]).toMatchObject({ endpoint: '/chat/completions', body: { model: 'm' } });
    expect(asked[0]?.body).not.toHaveProperty('stream');
  });

  test('parses structured answers and arguments', async () => {
    const format = zodTextFormat(z.object({ capital: z.string() }), 'capital');
    const tool = {
      type: 'function' as const,
      name: 'get_weather',
      strict: true,
      parameters: { type: 'object', properties: { location: { type: 'string' } } },
    };
    const { translated, asked } = chatProvider({
      whole: answering({ content: '{"capital":"Paris"}', tool_calls: [weatherCall] }, 'tool_calls'),
    });
    const response = await clientOf(translated).responses.parse({
      ...{ model: 'm', input: 'Hi', text: { format }, tools: [tool] },
    });
    expect(response.output_parsed).toEqual({ capital: 'Paris' });
    expect(response.output[1]).toMatchObject({ parsed_arguments: { location: 'Paris' } });
    expect(asked[0]?.body['response_format']).toMatchObject({
      type: 'json_schema',
      json_schema: { name: 'capital', strict: true, schema: { type: 'object', required: ['capital'] } },
    });
  });

  test('can send the output back as the next input', async () => {
    const answer = answering({ content: 'One moment.', reasoning: 'Hm.', tool_calls: [weatherCall] }, 'tool_calls');
    const { translated, asked } = chatProvider({ whole: answer });
    const { output } = await clientOf(translated).responses.create({ model: 'm', input: 'Weather?' });
    const result = { type: 'function_call_output' as const, call_id: 'call_a', output: 'sunny' };
    await clientOf(translated).responses.create({
      model: 'm',
      input: [{ role: 'user', content: 'Weather?' }, ...(output as ResponseInput), result],
    });
    expect(asked[1]?.body['messages']).toEqual([
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'One moment.', tool_calls: [weatherCall] },
      { role: 'tool', tool_call_id: 'call_a', content: 'sunny' },
    ]);
  });
});
