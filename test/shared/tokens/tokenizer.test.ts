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

test.each([
  ['what is no token', [200_000]],
  ['the half of a character', [76_460]],
])('%s is not decoded', async (_, tokens) => {
  expect((await tokenizers('cl100k_base')).decode(tokens)).toBe(null);
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
