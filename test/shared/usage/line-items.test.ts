import fc from 'fast-check';
import { costMicroUsd } from '../../../shared/catalogue/price.ts';
import type { SettledAttempt } from '../../../shared/usage/attempt.ts';
import { lineItems } from '../../../shared/usage/line-items.ts';
import { attempt, settled } from './attempts.ts';

const row = (changes: Partial<SettledAttempt> = {}): SettledAttempt => ({
  ...attempt(),
  ...settled(),
  state: 'settled',
  ...changes,
});
const price = { input: 2_000_000, cachedInput: 500_000, cacheWrite: 4_000_000, output: 10_000_000 };

test('each kind of tokens is an item, worth its tokens', () => {
  const tokens = { inputTokens: 1_000, cachedInputTokens: 400, cacheWriteTokens: 100, outputTokens: 50 };
  expect(lineItems(row({ ...tokens, price, costMicroUsd: 1_000 + 200 + 400 + 500 }))).toEqual([
    { name: 'gpt-4o, input_tokens', microUsd: 1_000, tokens: 500 },
    { name: 'gpt-4o, cached_input_tokens', microUsd: 200, tokens: 400 },
    { name: 'gpt-4o, cache_write_input_tokens', microUsd: 400, tokens: 100 },
    { name: 'gpt-4o, output_tokens', microUsd: 500, tokens: 50 },
  ]);
});

test('the last item takes what rounding leaves', () => {
  const cheap = { input: 100_000, output: 100_000 };
  const tokens = { inputTokens: 5, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 5 };
  expect(lineItems(row({ ...tokens, price: cheap, costMicroUsd: 1 })).map(({ microUsd }) => microUsd)).toEqual([0, 1]);
});

test('a kind that was not used is no item', () => {
  const tokens = { inputTokens: 5, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
  expect(lineItems(row({ ...tokens, price, costMicroUsd: 10 })).map(({ name }) => name)).toEqual([
    'gpt-4o, input_tokens',
  ]);
});

test('what is of a batch has items of its own', () => {
  const tokens = { inputTokens: 5, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 1 };
  const nothing = { inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
  const batch = { batch: true, costMicroUsd: 20, price } as const;
  const namesOf = (changes: Partial<SettledAttempt>) =>
    lineItems(row({ ...batch, ...changes })).map(({ name }) => name);
  expect(namesOf(tokens)).toEqual(['gpt-4o, batch_input_tokens', 'gpt-4o, batch_output_tokens']);
  expect(namesOf(nothing)).toEqual(['gpt-4o, batch_unattributed']);
});

test('a cost without tokens is an item of its own, and neither is none', () => {
  const nothing = { inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
  expect(lineItems(row({ ...nothing, costMicroUsd: 77 }))).toEqual([
    { name: 'gpt-4o, unattributed', microUsd: 77, tokens: 0 },
  ]);
  expect(lineItems(row({ ...nothing, costMicroUsd: 0 }))).toEqual([]);
});

const anyUsage = fc
  .record({ plain: fc.nat(200_000), cached: fc.nat(200_000), written: fc.nat(200_000), output: fc.nat(200_000) })
  .map(({ plain, cached, written, output }) => ({
    inputTokens: plain + cached + written,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
    outputTokens: output,
  }));
const rate = fc.nat(100_000_000);
const anyPrice = fc.record(
  { input: rate, cachedInput: rate, cacheWrite: rate, output: rate },
  { requiredKeys: ['input', 'output'] },
);

test('the parts add up to the cost, and none is less than nothing, whatever the cost is', () => {
  fc.assert(
    fc.property(anyUsage, anyPrice, fc.option(fc.nat()), (usage, rates, other) => {
      const tokens = {
        input: usage.inputTokens,
        cachedInput: usage.cachedInputTokens,
        cacheWrite: usage.cacheWriteTokens,
        output: usage.outputTokens,
      };
      const cost = other ?? costMicroUsd(tokens, rates);
      const items = lineItems(row({ ...usage, price: rates, costMicroUsd: cost }));
      expect(items.reduce((sum, { microUsd }) => sum + microUsd, 0)).toBe(cost);
      expect(items.filter(({ microUsd }) => microUsd < 0)).toEqual([]);
      const counted = items.reduce((sum, item) => sum + item.tokens, 0);
      expect(counted).toBe(usage.inputTokens + usage.outputTokens);
    }),
  );
});
