import { knownMaxOutput } from '../../../infra/build/max-output.ts';

test.each([
  ['gpt-4o', 16_384],
  ['gpt-4o-mini-2024-07-18', 16_384],
  ['ft:gpt-4o-mini-2024-07-18:acme', 16_384],
  ['gpt-4.1-nano', 32_768],
  ['gpt-4-turbo', 4_096],
  ['gpt-4', 8_192],
  ['gpt-3.5-turbo', 4_096],
  ['gpt-5-chat-latest', 16_384],
  ['gpt-5.5', 128_000],
  ['gpt-6-astra', 128_000],
  ['o1-mini', 65_536],
  ['o1-preview', 32_768],
  ['o3', 100_000],
  ['o4-mini', 100_000],
  ['gpt-oss-20b', 131_072],
  ['llama-4', undefined],
  ['o11y', undefined],
])('%s puts out %s tokens at the most', (model, most) => {
  expect(knownMaxOutput(model)).toBe(most);
});
