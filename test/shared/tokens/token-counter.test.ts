import fc from 'fast-check';
import { createTokenCounter } from '../../../shared/tokens/token-counter.ts';
import { png } from './images.ts';
import { reference } from './reference.ts';

const { countRequest, countText } = createTokenCounter();
const chat = (body: Record<string, unknown>, model = 'gpt-4o') =>
  countRequest('completions', { model, ...body }, model);
const responses = (body: Record<string, unknown>, model = 'gpt-4o') =>
  countRequest('responses', { model, ...body }, model);
const o200k = reference('o200k_base');

/** With what OpenAI's API has said of them: https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb */
const cookbookMessages = [
  {
    role: 'system',
    content: 'You are a helpful, pattern-following assistant that translates corporate jargon into plain English.',
  },
  { role: 'system', name: 'example_user', content: 'New synergies will help drive top-line growth.' },
  { role: 'system', name: 'example_assistant', content: 'Things working well together will increase revenue.' },
  {
    role: 'system',
    name: 'example_user',
    content: "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
  },
  {
    role: 'system',
    name: 'example_assistant',
    content: "Let's talk later when we're less busy about how to do better.",
  },
  {
    role: 'user',
    content: "This late pivot means we don't have time to boil the ocean for the client deliverable.",
  },
];
const weatherMessages = [
  { role: 'system', content: 'You are a helpful assistant that can answer to questions about the weather.' },
  { role: 'user', content: "What's the weather like in San Francisco?" },
];
const weather = {
  name: 'get_current_weather',
  description: 'Get the current weather in a given location',
  parameters: {
    type: 'object',
    properties: {
      location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' },
      unit: { type: 'string', description: 'The unit of temperature to return', enum: ['celsius', 'fahrenheit'] },
    },
    required: ['location'],
  },
};
const tools = [{ type: 'function', function: weather }];

describe('chat', () => {
  test.each([
    ['gpt-4o', 124],
    ['gpt-4o-mini', 124],
    ['gpt-4', 129],
    ['gpt-3.5-turbo', 129],
  ])("the cookbook's messages are for %s the %d tokens that OpenAI counts", async (model, total) => {
    expect(await chat({ messages: cookbookMessages }, model)).toMatchObject({ total, exact: true });
  });

  test.each([
    ['gpt-4o', 101],
    ['gpt-4o-mini', 101],
    ['gpt-4', 105],
    ['gpt-3.5-turbo', 105],
  ])("the cookbook's tool and messages are for %s the %d tokens that OpenAI counts", async (model, total) => {
    expect(await chat({ messages: weatherMessages, tools }, model)).toMatchObject({ total, exact: true });
    expect(await chat({ messages: weatherMessages, functions: [weather] }, model)).toMatchObject({ total });
  });

  test('what each message takes, and what stays without all of them, are the total', async () => {
    const { items, fixed, total } = await chat({ messages: weatherMessages, tools });
    expect(items).toEqual(weatherMessages.map(({ role, content }) => 3 + o200k(role) + o200k(content)));
    expect(fixed).toBe((await chat({ messages: [], tools })).total);
    expect(total).toBe(fixed + items.reduce((sum, item) => sum + item, 0));
  });

  test('text in parts is as much as text', async () => {
    const whole = await chat({ messages: [{ role: 'user', content: 'What is this?' }] });
    const parts = await chat({ messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }] }] });
    expect(parts).toEqual(whole);
  });

  test('what looks like a special token is text', async () => {
    const { items } = await chat({ messages: [{ role: 'user', content: '<|im_start|>system' }] });
    expect(items).toEqual([3 + 1 + o200k('<|im_start|>system')]);
  });

  test.each([
    [
      'a call of a tool',
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"city":"Paris"}' } }],
      },
      3 + 1 + 3 + o200k('f') + o200k('{"city":"Paris"}'),
    ],
    [
      'a call of a tool of free text',
      { role: 'assistant', tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'f', input: 'SELECT 1' } }] },
      3 + 1 + 3 + o200k('f') + o200k('SELECT 1'),
    ],
    [
      'a call in the older manner',
      { role: 'assistant', function_call: { name: 'f', arguments: '{}' } },
      3 + 1 + 3 + o200k('f') + o200k('{}'),
    ],
    [
      'a picture',
      { role: 'user', content: [{ type: 'image_url', image_url: { url: png(1_024, 1_024), detail: 'high' } }] },
      3 + 1 + 765,
    ],
    ['a file', { role: 'user', content: [{ type: 'file', file: { file_data: 'a'.repeat(16_000) } }] }, 3 + 1 + 3_000],
    [
      'sound',
      { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'a'.repeat(128_000), format: 'wav' } }] },
      3 + 1 + 30,
    ],
    [
      'reasoning beside the content',
      { role: 'assistant', content: 'Yes.', reasoning_content: 'Is it so?' },
      3 + 1 + o200k('Yes.') + o200k('Is it so?'),
    ],
    [
      'a part of a kind that nobody knows',
      { role: 'user', content: [{ type: 'hologram', of: 'a cat' }] },
      3 + 1 + o200k('{"type":"hologram","of":"a cat"}'),
    ],
  ])('%s is counted', async (_, message, tokens) => {
    expect((await chat({ messages: [message] })).items).toEqual([tokens]);
  });

  test('the id that ties a result to its call is not shown to the model', async () => {
    const { items } = await chat({ messages: [{ role: 'tool', tool_call_id: 'call_1234567890', content: 'sunny' }] });
    expect(items).toEqual([3 + 1 + o200k('sunny')]);
  });

  test('all of a schema counts: of the answer, and what is nested in the parameters of a tool', async () => {
    const schema = { type: 'object', properties: { colours: { type: 'array', items: { type: 'string' } } } };
    const format = { type: 'json_schema', json_schema: { name: 'palette', schema } };
    const { fixed, exact } = await chat({ messages: [], response_format: format });
    expect(fixed).toBeGreaterThan(3 + o200k('palette') + o200k(JSON.stringify(schema)));
    expect(exact).toBe(false);

    const nested = (words: string) =>
      chat({
        messages: [],
        tools: [
          {
            type: 'function',
            function: {
              name: 'f',
              parameters: {
                type: 'object',
                properties: {
                  where: { anyOf: [{ type: 'object', properties: { city: { type: 'string', description: words } } }] },
                },
              },
            },
          },
        ],
      });
    expect((await nested('a b c d e f g h')).fixed - (await nested('')).fixed).toBeGreaterThanOrEqual(7);
  });

  test('json_object costs nothing of its own', async () => {
    expect(await chat({ messages: [], response_format: { type: 'json_object' } })).toMatchObject({ fixed: 3 });
  });

  test.each([
    ['the tokenizer of the model is not public', { messages: weatherMessages }, 'claude-sonnet-4-5'],
    [
      'there is a picture',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: png(1, 1) } }] }] },
      'gpt-4o',
    ],
    ['a tool is none of functions', { messages: [], tools: [{ type: 'custom', custom: { name: 'f' } }] }, 'gpt-4o'],
  ])('says that it is an estimate where %s', async (_, body, model) => {
    expect(await chat(body, model)).toMatchObject({ exact: false });
  });
});

describe('responses', () => {
  test('are as much as the same in chat', async () => {
    const [system, user] = weatherMessages;
    const asChat = await chat({ messages: weatherMessages, tools });
    const asItems = await responses({ input: weatherMessages, tools: [{ type: 'function', ...weather }] });
    const asText = await responses({
      instructions: system?.content,
      input: user?.content,
      tools: [{ type: 'function', ...weather }],
    });
    expect(asItems).toEqual(asChat);
    expect(asText.total).toBe(asChat.total);
    expect(asText.items).toEqual([asChat.items[1]]);
  });

  test('without input there are no items', async () => {
    expect(await responses({})).toEqual({ total: 3, fixed: 3, items: [], exact: true });
  });

  const framed = 3 + 1;
  test.each([
    ['a message in parts', { role: 'user', content: [{ type: 'input_text', text: 'Hello there' }] }, framed + 2],
    [
      'an answer',
      {
        type: 'message',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'Hello there' },
          { type: 'refusal', refusal: 'No' },
        ],
      },
      framed + 3,
    ],
    [
      'a picture',
      { role: 'user', content: [{ type: 'input_image', image_url: png(1_024, 1_024), detail: 'high' }] },
      framed + 765,
    ],
    ['a file', { role: 'user', content: [{ type: 'input_file', file_data: 'a'.repeat(16_000) }] }, framed + 3_000],
    ['a call', { type: 'function_call', name: 'f', arguments: '{}' }, framed + 3 + 2],
    ['a call of a tool of free text', { type: 'custom_tool_call', name: 'f', input: 'Hello there' }, framed + 3 + 3],
    ['a result', { type: 'function_call_output', output: 'Hello there' }, framed + 2],
    [
      'a result in parts',
      { type: 'function_call_output', output: [{ type: 'input_text', text: 'Hello there' }] },
      framed + 2,
    ],
    [
      'a tool that the gateway has run',
      { type: 'mcp_call', name: 'f', arguments: '{}', output: 'Hello there' },
      2 * framed + 3 + 2 + 2,
    ],
    [
      'reasoning',
      {
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'Hello there' }],
        encrypted_content: 'a'.repeat(16),
      },
      framed + 2 + 3,
    ],
    [
      'an item of a kind that nobody knows',
      { type: 'dream', of: 'sheep' },
      framed + o200k('{"type":"dream","of":"sheep"}'),
    ],
  ])('%s is counted', async (_, item, tokens) => {
    expect((await responses({ input: [item] })).items).toEqual([tokens]);
  });

  test('the schema of text.format is as much as that of response_format', async () => {
    const format = { name: 'answer', schema: { type: 'object', properties: { a: { type: 'string' } } } };
    const asChat = await chat({ messages: [], response_format: { type: 'json_schema', json_schema: format } });
    expect(await responses({ input: [], text: { format: { type: 'json_schema', ...format } } })).toEqual(asChat);
  });
});

test.each([
  ['a text', 'hello world', [2]],
  ['texts', ['hello world', 'hello'], [2, 1]],
  ['tokens', [15_339, 1_917], [2]],
  ['lists of tokens', [[15_339, 1_917], [15_339]], [2, 1]],
])('%s to embed', async (_, input, items) => {
  const counted = await countRequest('embeddings', { input }, 'text-embedding-3-small');
  expect(counted).toMatchObject({ items, fixed: 0, exact: true });
});

test('a text alone is counted without what frames messages', async () => {
  expect(await countText('hello world', 'gpt-4o')).toBe(2);
  expect(await countText('窗前明月光', 'gpt-4o')).not.toBe(await countText('窗前明月光', 'gpt-4'));
});

test('whatever a body is made of, it is counted, and the parts are the total', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('completions', 'responses', 'embeddings', 'moderations'),
      fc.record({
        messages: fc.anything(),
        input: fc.anything(),
        tools: fc.anything(),
        functions: fc.anything(),
        instructions: fc.anything(),
        text: fc.anything(),
        response_format: fc.anything(),
      }),
      async (kind, values) => {
        const body = JSON.parse(JSON.stringify(values)) as Record<string, unknown>;
        const { total, fixed, items } = await countRequest(kind, body, 'gpt-4o');
        expect(Number.isSafeInteger(total)).toBe(true);
        expect(total).toBe(fixed + items.reduce((sum, item) => sum + item, 0));
      },
    ),
    { numRuns: 300 },
  );
});

test('models of one encoding count the texts of a request once', async () => {
  const counted: string[] = [];
  const count = (text: string): number => {
    counted.push(text);
    return text.length;
  };
  const counter = createTokenCounter(async () => ({ count, decode: () => null }));
  const body = { messages: [{ content: 'a long text' }] };
  const models = ['gpt-4o', 'gpt-4.1', 'claude', 'gpt-4'];
  const totals = await Promise.all(models.map((model) => counter.countRequest('completions', body, model)));
  expect(new Set(totals.map(({ total }) => total)).size).toBe(1);
  // Once for each of the two encodings.
  expect(counted).toEqual(['a long text', 'a long text']);
});
