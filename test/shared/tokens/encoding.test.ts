import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { encodingOf } from '../../../shared/tokens/encoding.ts';

/** tiktoken's own list, of which two encodings are wanted. */
const listed = Object.entries(
  JSON.parse(readFileSync(createRequire(import.meta.url).resolve('tiktoken/model_to_encoding.json'), 'utf8')) as Record<
    string,
    string
  >,
).filter(([, encoding]) => encoding === 'o200k_base' || encoding === 'cl100k_base');

test('every model that tiktoken knows has the encoding that it says', () => {
  expect(listed.length).toBeGreaterThan(60);
  expect(
    listed.filter(([model, encoding]) => encodingOf(model).name !== encoding || !encodingOf(model).isItsOwn),
  ).toEqual([]);
});

test.each([
  ['gpt-5.2-pro', 'o200k_base'],
  ['gpt-6', 'o200k_base'],
  ['o4-mini-2025-04-16', 'o200k_base'],
  ['GPT-4o', 'o200k_base'],
  ['openai/gpt-4o', 'o200k_base'],
  ['openai.gpt-oss-120b-1:0', 'o200k_base'],
  ['ft:gpt-4o-mini:acme::id', 'o200k_base'],
  ['ft:gpt-3.5-turbo:acme::id', 'cl100k_base'],
  ['gpt-35-turbo-16k', 'cl100k_base'],
  ['text-embedding-3-large', 'cl100k_base'],
])('%s counts with %s, which is its own', (model, name) => {
  expect(encodingOf(model)).toEqual({ name, isItsOwn: true });
});

test.each(['claude-sonnet-4-5', 'llama-3.3-70b', 'gemini-2.5-pro', 'olmo-2', 'o', 'my-gpt-4', 'gpt'])(
  '%s has no public one: it is counted with o200k_base, and that is said',
  (model) => {
    expect(encodingOf(model)).toEqual({ name: 'o200k_base', isItsOwn: false });
  },
);
