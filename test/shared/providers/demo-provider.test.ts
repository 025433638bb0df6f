import { placePattern, wordPattern } from '../../../shared/providers/demo-answer.ts';
import { demoProvider } from '../../../shared/providers/demo-provider.ts';
import type { Endpoint } from '../../../shared/providers/provider.ts';
import { slowPatterns } from '../../support/linear.ts';
import { context, read } from './asking.ts';

const demo = demoProvider(
  { kind: 'demo' },
  { ...context, now: () => 1_700_000_000_999, newId: (prefix) => `${prefix}1` },
);

const request = (endpoint: Endpoint, body: Record<string, unknown>, signal = new AbortController().signal) => ({
  endpoint,
  body: { model: 'demo', ...body },
  headers: {},
  signal,
});
const whole = async (endpoint: Endpoint, body: Record<string, unknown>) =>
  JSON.parse((await demo.whole(request(endpoint, body))).text);

const messages = [{ role: 'user', content: 'Who are you?' }];

describe('the demo provider', () => {
  test('says plainly that it is one, and how to have a real one', async () => {
    const { choices, created, usage } = await whole('/chat/completions', { messages });
    expect(choices[0].message.content).toMatch(/demo provider: no model was asked. Set OPENAI_API_KEY/);
    expect(created).toBe(1_700_000_000);
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
  });

  test('says the same as a stream: role first, usage last, one id, and then the end', async () => {
    const { chunks } = await demo.stream(request('/chat/completions', { messages }));
    const frames: string[] = [];
    for await (const bytes of chunks) {
      const frame = new TextDecoder().decode(bytes);
      expect(frame).toMatch(/^data: .*\n\n$/);
      frames.push(frame.slice(6, -2));
    }
    expect(frames.pop()).toBe('[DONE]');
    const said = frames.map((frame) => JSON.parse(frame));
    expect(said[0].choices[0].delta.role).toBe('assistant');
    expect(said.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number) } });
    expect(said.at(-2).choices[0].finish_reason).toBe('stop');
    expect(new Set(said.map(({ id }) => id)).size).toBe(1);
    const text = said.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(text).toBe((await whole('/chat/completions', { messages })).choices[0].message.content);
  });

  test('stops when it is given up', async () => {
    const controller = new AbortController();
    const { chunks } = await demo.stream(request('/chat/completions', { messages }, controller.signal));
    const stream = chunks[Symbol.asyncIterator]();
    await stream.next();
    controller.abort(new Error('given up'));
    await expect(stream.next()).rejects.toThrow('given up');
  });

  test.each([
    ['a text', 'hello', 1],
    ['texts', ['a', 'b', 'c'], 3],
    ['a text in tokens', [1, 2, 3], 1],
    ['texts in tokens', [[1, 2], [3]], 2],
  ])('embeds %s in %j', async (_, input, count) => {
    const { data } = await whole('/embeddings', { input });
    expect(data.map(({ index }: { index: number }) => index)).toEqual(
      Array.from({ length: count }, (_one, index) => index),
    );
  });

  test('embeds the same text in the same vector, of length one and of the size that was asked for', async () => {
    const vectorOf = async (input: string): Promise<number[]> =>
      (await whole('/embeddings', { input, dimensions: 100 })).data[0].embedding;
    const vector = await vectorOf('hello');
    expect(vector).toHaveLength(100);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 9);
    expect(await vectorOf('hello')).toEqual(vector);
    expect(await vectorOf('hullo')).not.toEqual(vector);
  });

  test('embeds in base 64 what it embeds in numbers', async () => {
    const [plain, encoded] = await Promise.all([
      whole('/embeddings', { input: 'x', dimensions: 8 }),
      whole('/embeddings', { input: 'x', dimensions: 8, encoding_format: 'base64' }),
    ]);
    const bytes = Buffer.from(encoded.data[0].embedding, 'base64');
    const decoded = Array.from({ length: 8 }, (_, index) => bytes.readFloatLE(index * 4));
    expect(decoded).toEqual(plain.data[0].embedding.map(Math.fround));
  });

  test.each([
    ['a text', 'x', 1],
    ['texts', ['x', 'y'], 2],
    ['parts of one message', [{ type: 'text', text: 'x' }, { type: 'image_url' }], 1],
  ])('flags nothing in %s', async (_, input, count) => {
    const { results } = await whole('/moderations', { input });
    expect(results).toHaveLength(count);
    expect(results.some(({ flagged }: { flagged: boolean }) => flagged)).toBe(false);
  });
});

describe('the demo provider with tools', () => {
  const tool = (name: string, description: string, properties: object = {}) => ({
    type: 'function',
    function: { name, description, parameters: { type: 'object', properties, required: Object.keys(properties) } },
  });
  const tools = [
    tool('get_time', 'Tells the hour in a city.'),
    tool('get_weather', 'Current conditions.', { location: { type: 'string' }, unit: { enum: ['C', 'F'] } }),
  ];
  const asked = (content: unknown, more: object = {}) => ({ tools, messages: [{ role: 'user', content }], ...more });
  const calledBy = async (body: Record<string, unknown>) => {
    const { choices } = await whole('/chat/completions', body);
    const { name, arguments: json } = choices[0].message.tool_calls?.[0].function ?? {};
    return name === undefined ? null : { name, input: JSON.parse(json), finish: choices[0].finish_reason };
  };

  test('calls the one that the user speaks of, with the place that the user names', async () => {
    expect(await calledBy(asked('What is the weather in Paris?'))).toEqual({
      name: 'get_weather',
      input: { location: 'Paris', unit: 'C' },
      finish: 'tool_calls',
    });
    expect(await calledBy(asked([{ type: 'text', text: 'Weather in New York, please' }]))).toMatchObject({
      input: { location: 'New York' },
    });
    expect(await calledBy(asked('At what hour?'))).toMatchObject({ name: 'get_time', input: {} });
  });

  test('calls none of which the user does not speak', async () => {
    expect(await calledBy(asked('What is this?'))).toBeNull();
    expect(await calledBy(asked('Weather?', { tool_choice: 'none' }))).toBeNull();
    expect(await calledBy(asked('Weather?', { tools: [{ type: 'custom', custom: { name: 'weather' } }] }))).toBeNull();
  });

  test('calls the one that it has to', async () => {
    const choice = { type: 'function', function: { name: 'get_time' } };
    expect(await calledBy(asked('Weather?', { tool_choice: choice }))).toMatchObject({ name: 'get_time' });
    expect(await calledBy(asked('Hello', { tool_choice: 'required' }))).toMatchObject({ name: 'get_time' });
  });

  test('says what they have said, and that no model was asked', async () => {
    const call = (id: string, name: string) => ({ id, type: 'function', function: { name, arguments: '{}' } });
    const history = [
      { role: 'user', content: 'The weather in Paris, and the time?' },
      { role: 'assistant', content: null, tool_calls: [call('a', 'get_weather'), call('b', 'get_time')] },
      { role: 'tool', tool_call_id: 'a', content: 'sunny, 21 degrees' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'noon' }] },
    ];
    const { choices } = await whole('/chat/completions', { tools, messages: history });
    expect(choices[0].message.content).toBe(
      "This is Sluice's demo provider: no model was asked. The tool get_weather said: sunny, 21 degrees The tool get_time said: noon",
    );
  });

  test('calls them in a stream as well', async () => {
    const { chunks } = await demo.stream(request('/chat/completions', asked('Weather in Paris?')));
    const text = await read(chunks);
    const said = text
      .split('\n\n')
      .flatMap((frame) => (frame.startsWith('data: {') ? [JSON.parse(frame.slice(6))] : []));
    const calls = said.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(calls[0]).toMatchObject({ index: 0, id: 'call_1', function: { name: 'get_weather', arguments: '' } });
    const json = calls.map((one) => one.function.arguments).join('');
    expect(JSON.parse(json)).toEqual({ location: 'Paris', unit: 'C' });
    expect(said.at(-2).choices[0].finish_reason).toBe('tool_calls');
  });

  test('looks for words and places in linear time', async () => {
    expect(await slowPatterns([wordPattern, placePattern])).toEqual([]);
  });

  test('takes a megabyte for what it is', async () => {
    const startedAt = performance.now();
    for (const unit of ['a', 'in A', 'weather ', ' ']) await calledBy(asked(unit.repeat(1_000_000 / unit.length)));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('the demo provider with a format', () => {
  const schema = { type: 'object', properties: { colours: { type: 'array', items: { type: 'string' } } } };
  const content = async (response_format: unknown) =>
    (await whole('/chat/completions', { messages, response_format })).choices[0].message.content;

  test('answers with what conforms to the schema', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'colours', schema } };
    expect(JSON.parse(await content(format))).toEqual({ colours: ['demo'] });
  });

  test('answers with some object, or with a text', async () => {
    expect(JSON.parse(await content({ type: 'json_object' })).demo).toMatch(/demo provider: no model was asked/);
    expect(await content({ type: 'text' })).toMatch(/demo provider: no model was asked/);
  });
});
