import { encodingNames } from '../../../shared/tokens/encoding.ts';
import { createTokenizers, type LoadTokenizer, loadTokenizer } from '../../../shared/tokens/tokenizer.ts';
import { corpus } from './corpus.ts';
import { reference } from './reference.ts';

const tokenizers = createTokenizers();

describe.each(encodingNames)('%s', (encoding) => {
  const count = reference(encoding);

  test.each(Object.keys(corpus))('counts %s as tiktoken does', async (name) => {
    const text = corpus[name] ?? '';
    expect((await tokenizers(encoding)).count(text)).toBe(count(text));
  });

  test('counts what looks like a special token as the text that it is', async () => {
    expect((await tokenizers(encoding)).count('<|endoftext|>')).toBeGreaterThan(5);
  });
});

test('tokens are decoded to their text', async () => {
  const { decode } = await tokenizers('cl100k_base');
  expect(decode([15339, 1917])).toBe('hello world');
  expect(decode([])).toBe('');
});

test.each(encodingNames)('every token of %s is decoded, and nothing else', async (encoding) => {
  const { decode, count } = await tokenizers(encoding);
  const special = encoding === 'o200k_base' ? [199_999, 200_018] : [100_257, 100_258, 100_259, 100_260, 100_276];
  const last = encoding === 'o200k_base' ? 199_997 : 100_255;
  for (const token of [0, 1, last, ...special]) expect(decode([token])).not.toBe(null);
  for (const none of [-1, 0.5, last + 1, 300_000, 2 ** 32, Number.NaN]) expect(decode([15_339, none])).toBe(null);
  expect(decode([...special])).toContain('<|endoftext|>');
  expect(count('hello world')).toBe(2);
});

test('a part of a character is told as such', async () => {
  expect((await tokenizers('cl100k_base')).decode([76_460])).toContain('\ufffd');
});

test('each encoding is loaded when it is first needed, and once, however many need it', async () => {
  const loaded: string[] = [];
  const load: LoadTokenizer = async (encoding) => {
    loaded.push(encoding);
    return { count: () => 1, decode: () => null };
  };
  const counted = createTokenizers(load);
  expect(loaded).toEqual([]);
  const [first, second] = await Promise.all([counted('o200k_base'), counted('o200k_base')]);
  expect(first).toBe(second);
  expect(loaded).toEqual(['o200k_base']);
  await counted('cl100k_base');
  expect(loaded).toEqual(['o200k_base', 'cl100k_base']);
});

test('a load that failed is tried again by the next that counts', async () => {
  let attempts = 0;
  const counted = createTokenizers((encoding) => {
    attempts += 1;
    return attempts === 1 ? Promise.reject(new Error('no memory')) : loadTokenizer(encoding);
  });
  await expect(counted('cl100k_base')).rejects.toThrow('no memory');
  expect((await counted('cl100k_base')).count('hello world')).toBe(2);
  expect(attempts).toBe(2);
});
