import { demoProvider } from '../../../shared/providers/demo-provider.ts';
import type { Endpoint } from '../../../shared/providers/provider.ts';
import { context } from './asking.ts';

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
