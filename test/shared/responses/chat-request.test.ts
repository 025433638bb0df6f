/** What of a request for a response a provider of chat completions is asked. */
import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions';
import type { ResponseCreateParams } from 'openai/resources/responses/responses';
import { chatRequestOf } from '../../../shared/responses/chat-request.ts';

const asked = (body: ResponseCreateParams): ChatCompletionCreateParams => {
  const request = chatRequestOf({ ...body });
  if (request.kind === 'refused') throw new Error(`${request.param}: ${request.message}`);
  return request.body as unknown as ChatCompletionCreateParams;
};
const refused = (body: Record<string, unknown>) => {
  const request = chatRequestOf(body);
  if (request.kind === 'translated') throw new Error('it was translated');
  return request;
};
const messages = (input: NonNullable<ResponseCreateParams['input']>, instructions: string | null = null) =>
  asked({ model: 'm', input, instructions }).messages;

const call = (id: string, name = 'get_weather') => ({
  type: 'function_call' as const,
  call_id: id,
  name,
  arguments: '{}',
});
const output = (id: string, text = 'sunny') => ({ type: 'function_call_output' as const, call_id: id, output: text });
const toolCall = (id: string, name = 'get_weather') => ({ id, type: 'function', function: { name, arguments: '{}' } });
const weather = { type: 'function' as const, name: 'get_weather', parameters: { type: 'object' }, strict: true };

describe('input', () => {
  test('that is a text is what the user says, after the instructions', () => {
    expect(messages('Hi', 'Be brief.')).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ]);
  });

  test('keeps who says what; developers are the system for providers that know no others', () => {
    const roles = ['user', 'system', 'developer', 'assistant'] as const;
    expect(messages(roles.map((role) => ({ role, content: role })))).toEqual([
      { role: 'user', content: 'user' },
      { role: 'system', content: 'system' },
      { role: 'system', content: 'developer' },
      { role: 'assistant', content: 'assistant' },
    ]);
  });

  test('of several parts stays so, and of one text becomes that', () => {
    const text = { type: 'input_text' as const, text: 'What is this?' };
    const image = { type: 'input_image' as const, image_url: 'https://a.example/b.png', detail: 'low' as const };
    const file = { type: 'input_file' as const, file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' };
    expect(messages([{ role: 'user', content: [text] }])).toEqual([{ role: 'user', content: 'What is this?' }]);
    expect(messages([{ role: 'user', content: [text, image, file] }])).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'https://a.example/b.png', detail: 'low' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
        ],
      },
    ]);
  });

  test('has in one message what a model said in one go: its text and its calls', () => {
    const said = {
      type: 'message' as const,
      id: 'msg_1',
      role: 'assistant' as const,
      status: 'completed' as const,
      content: [{ type: 'output_text' as const, text: 'One moment.', annotations: [] }],
    };
    const thought = {
      type: 'reasoning' as const,
      id: 'rs_1',
      summary: [{ type: 'summary_text' as const, text: 'Hm.' }],
    };
    const history = [{ role: 'user' as const, content: 'Weather?' }, thought, said, call('a'), call('b')];
    expect(messages([...history, output('a'), output('b', 'rain'), { role: 'user', content: 'Thanks' }])).toEqual([
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'One moment.', tool_calls: [toolCall('a'), toolCall('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'sunny' },
      { role: 'tool', tool_call_id: 'b', content: 'rain' },
      { role: 'user', content: 'Thanks' },
    ]);
  });

  test('has calls that were made one after the other in messages of their own', () => {
    expect(messages([call('a'), output('a'), call('b'), output('b')])).toEqual([
      { role: 'assistant', content: null, tool_calls: [toolCall('a')] },
      { role: 'tool', tool_call_id: 'a', content: 'sunny' },
      { role: 'assistant', content: null, tool_calls: [toolCall('b')] },
      { role: 'tool', tool_call_id: 'b', content: 'sunny' },
    ]);
  });

  test('keeps a result right behind its call, whatever the model said between them', () => {
    expect(messages([call('a'), { role: 'assistant', content: 'Asking.' }, output('a')])).toEqual([
      { role: 'assistant', content: 'Asking.', tool_calls: [toolCall('a')] },
      { role: 'tool', tool_call_id: 'a', content: 'sunny' },
    ]);
  });

  test('keeps two messages of the model apart, and leaves out one that says nothing', () => {
    const said = (content: string) => ({ role: 'assistant' as const, content });
    expect(messages([said('One.'), said(''), said('Two.')])).toEqual([said('One.'), said('Two.')]);
  });

  test('has a refusal of the model as chat has it', () => {
    const content = [{ type: 'refusal' as const, refusal: 'No.' }];
    expect(messages([{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }])).toEqual([
      { role: 'assistant', content: null, refusal: 'No.' },
    ]);
  });

  test('has results of several parts, and calls of custom tools', () => {
    const parts = [
      { type: 'input_text' as const, text: 'a' },
      { type: 'input_text' as const, text: 'b' },
    ];
    expect(
      messages([
        { type: 'custom_tool_call', call_id: 'c', name: 'sql', input: 'SELECT 1' },
        { type: 'custom_tool_call_output', call_id: 'c', output: parts },
      ]),
    ).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } }],
      },
      {
        role: 'tool',
        tool_call_id: 'c',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ]);
  });
});

describe('parameters', () => {
  test('go by their names in chat, with the values that they have', () => {
    const { messages: _messages, ...parameters } = asked({
      model: 'm',
      input: 'Hi',
      max_output_tokens: 9,
      temperature: 0,
      top_p: 0.5,
      top_logprobs: 2,
      user: 'u',
      safety_identifier: 's',
      prompt_cache_key: 'p',
      service_tier: 'flex',
      reasoning: { effort: 'low', summary: 'auto' },
      parallel_tool_calls: false,
      tools: [weather],
      text: { verbosity: 'low', format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true } },
    });
    expect(parameters).toEqual({
      model: 'm',
      max_completion_tokens: 9,
      temperature: 0,
      top_p: 0.5,
      logprobs: true,
      top_logprobs: 2,
      user: 'u',
      safety_identifier: 's',
      prompt_cache_key: 'p',
      service_tier: 'flex',
      reasoning_effort: 'low',
      parallel_tool_calls: false,
      tools: [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' }, strict: true } }],
      verbosity: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
    });
  });

  test('that are the gateway’s own business, or null, are not sent', () => {
    const body = {
      ...{
        background: false,
        conversation: 'conv_1',
        metadata: { a: 'b' },
        previous_response_id: 'resp_1',
        store: true,
      },
      ...{ stream: true as const, stream_options: { include_obfuscation: false }, truncation: 'auto' as const },
      ...{ max_tool_calls: 3, temperature: null, tools: [], tool_choice: 'auto' as const, parallel_tool_calls: true },
      ...{ include: ['reasoning.encrypted_content' as const], text: { format: { type: 'text' as const } } },
    };
    expect(asked({ model: 'm', input: 'Hi', ...body })).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
    });
  });

  test.each([
    [{ type: 'json_object' as const }, { type: 'json_object' }],
    [{ type: 'text' as const }, undefined],
  ])('text.format %j', (format, expected) => {
    expect(asked({ model: 'm', input: 'Hi', text: { format } }).response_format).toEqual(expected);
  });

  test('include.message.output_text.logprobs asks for them', () => {
    const { logprobs } = asked({ model: 'm', input: 'Hi', include: ['message.output_text.logprobs'] });
    expect(logprobs).toBe(true);
  });
});

describe('tools', () => {
  const custom = { type: 'custom' as const, name: 'sql', description: 'Asks.', format: { type: 'text' as const } };
  const choosing = (tool_choice: NonNullable<ResponseCreateParams['tool_choice']>) => {
    const { tools, tool_choice: chosen } = asked({ model: 'm', input: 'Hi', tools: [weather, custom], tool_choice });
    const names = tools?.map((tool) => (tool.type === 'function' ? tool.function.name : tool.custom.name));
    return { names, chosen };
  };

  test('that are custom keep the form of their input', () => {
    const grammar = { type: 'grammar' as const, syntax: 'lark' as const, definition: 'start: "a"' };
    expect(asked({ model: 'm', input: 'Hi', tools: [custom, { ...custom, format: grammar }] }).tools).toEqual([
      { type: 'custom', custom: { name: 'sql', description: 'Asks.', format: { type: 'text' } } },
      {
        type: 'custom',
        custom: {
          name: 'sql',
          description: 'Asks.',
          format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } },
        },
      },
    ]);
  });

  test.each(['none', 'auto', 'required'] as const)('are chosen by a word: %s', (word) => {
    expect(choosing(word)).toEqual({ names: ['get_weather', 'sql'], chosen: word });
  });

  test('are chosen by name', () => {
    expect(choosing({ type: 'function', name: 'get_weather' }).chosen).toEqual({
      type: 'function',
      function: { name: 'get_weather' },
    });
    expect(choosing({ type: 'custom', name: 'sql' }).chosen).toEqual({ type: 'custom', custom: { name: 'sql' } });
  });

  test('that are not allowed are not offered, which every provider understands', () => {
    const allowed = {
      type: 'allowed_tools' as const,
      mode: 'required' as const,
      tools: [{ type: 'custom', name: 'sql' }],
    };
    expect(choosing(allowed)).toEqual({ names: ['sql'], chosen: 'required' });
  });
});

describe('what chat has nothing for is refused by name, and another provider may know it', () => {
  const request = { model: 'm', input: 'Hi' };
  const inputOf = (item: Record<string, unknown>) => ({ model: 'm', input: [item] });
  test.each([
    ...['web_search', 'file_search', 'computer', 'code_interpreter', 'mcp', 'image_generation', 'namespace'].map(
      (type): [string, Record<string, unknown>] => ['tools[1].type', { ...request, tools: [weather, { type }] }],
    ),
    ['tool_choice.type', { ...request, tools: [weather], tool_choice: { type: 'file_search' } }],
    ['text.format.type', { ...request, text: { format: { type: 'grammar' } } }],
    ['input[0].type', inputOf({ type: 'web_search_call', id: 'ws_1' })],
    ['input[0].type', inputOf({ type: '__proto__' })],
    ['input[0].content[0].type', inputOf({ role: 'user', content: [{ type: 'constructor' }] })],
    ['input[0].content[0].image_url', inputOf({ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] })],
    ['input[0].content[0].file_data', inputOf({ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] })],
    ['input[0].content[0].type', inputOf({ role: 'system', content: [{ type: 'input_image', image_url: 'a' }] })],
    ['input[0].output[0].type', inputOf({ ...output('a'), output: [{ type: 'input_image', image_url: 'a' }] })],
    ['prompt', { ...request, prompt: { id: 'pmpt_1' } }],
    ['n', { ...request, n: 100 }],
    ['messages', { ...request, messages: [{ role: 'user', content: 'unseen' }] }],
    ['max_tokens', { ...request, max_tokens: 1_000_000 }],
    ['__proto__', JSON.parse('{"model": "m", "input": "Hi", "__proto__": {"n": 100}}')],
    ['toString', { ...request, toString: 'x' }],
  ])('%s', (param, body) => {
    expect(refused(body)).toMatchObject({ param, elsewhere: true });
  });
});

describe('what is no request is refused by name, for good', () => {
  const inputOf = (item: unknown) => ({ model: 'm', input: [item] });
  test.each<[string, Record<string, unknown>]>([
    ['input', { model: 'm', input: 7 }],
    ['input[0]', inputOf('Hi')],
    ['input[0]', inputOf({ id: 'msg_1' })],
    ['input[0]', inputOf({ type: 'item_reference', id: 'msg_1' })],
    ['input[0].content', inputOf({ role: 'user' })],
    ['input[0].content[0]', inputOf({ role: 'user', content: [null] })],
    ['input[0].content[0].text', inputOf({ role: 'user', content: [{ type: 'input_text' }] })],
    ['input[0].call_id', inputOf({ type: 'function_call_output', output: 'x' })],
    ['input[0].arguments', inputOf({ ...call('a'), arguments: {} })],
    ['instructions', { model: 'm', input: 'Hi', instructions: [] }],
    ['tools', { model: 'm', input: 'Hi', tools: {} }],
    ['tools[0]', { model: 'm', input: 'Hi', tools: [null] }],
    ['text', { model: 'm', input: 'Hi', text: 'json' }],
    [
      'tool_choice.tools',
      { model: 'm', input: 'Hi', tools: [weather], tool_choice: { type: 'allowed_tools', tools: [] } },
    ],
  ])('%s', (param, body) => {
    expect(refused(body)).toMatchObject({ param, elsewhere: false });
  });
});

test('nothing of a request gets into what others inherit', () => {
  const body = JSON.parse('{"model": "m", "input": [{"role": "user", "content": "Hi", "__proto__": {"polluted": 1}}]}');
  const schema = JSON.parse('{"type": "object", "__proto__": {"polluted": 1}}');
  asked({ ...body, tools: [{ ...weather, parameters: schema }] });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('a megabyte of items, parts or tools takes no time to speak of', () => {
  const many = <Value>(value: Value) => Array.from({ length: 30_000 }, () => value);
  const input = [...many(call('a')), ...many({ role: 'user' as const, content: many('x').join('') }).slice(0, 2)];
  const startedAt = performance.now();
  asked({ model: 'm', input, tools: many(weather) });
  asked({ model: 'm', input: [{ role: 'user', content: many({ type: 'input_text' as const, text: 'x' }) }] });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});
