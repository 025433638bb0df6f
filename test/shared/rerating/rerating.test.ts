/** What a row comes to at another price. */
import fc from 'fast-check';
import { scaledPrice } from '../../../shared/catalogue/batch-price.ts';
import { costMicroUsd, type Price } from '../../../shared/catalogue/price.ts';
import { type Rerating, rerated } from '../../../shared/rerating/rerating.ts';
import type { SettledAttempt } from '../../../shared/usage/attempt.ts';
import { anyRow, attempt, settled } from '../usage/attempts.ts';

const wrong: Price = { input: 2_500_000_000, output: 10_000_000_000 };
const right: Price = { input: 2_500_000, output: 10_000_000 };
const hold = {
  shard: 0,
  epoch: 'e',
  month: '2611',
  microUsd: 600,
  inputTokens: 100,
  outputTokens: 20,
  stream: false,
  keyMoney: false,
  tokenLimits: {},
};

const row = (changes: Partial<SettledAttempt> = {}): SettledAttempt => ({
  ...attempt({ price: wrong }),
  ...settled(),
  state: 'settled',
  ...changes,
});

const ratingOf = (changes: Partial<SettledAttempt>, price: Price = right): Rerating => {
  const verdict = rerated(row(changes), price, 'v2');
  if (verdict.is !== 'rerated') throw new Error(verdict.is);
  return verdict.rerating;
};

test('a row is rated by its tokens, each kind at its own rate', () => {
  const price: Price = { input: 3_000_000, cachedInput: 300_000, cacheWrite: 3_750_000, output: 15_000_000 };
  const tokens = { inputTokens: 1_000, cachedInputTokens: 400, cacheWriteTokens: 100, outputTokens: 10 };
  expect(ratingOf(tokens, price)).toMatchObject({ price, priceVersion: 'v2', costMicroUsd: 1_500 + 120 + 375 + 150 });
});

test('a tier holds for a long input', () => {
  const tiered: Price = { input: { base: 1_000_000, tiers: [{ start: 200, price: 2_000_000 }] }, output: 0 };
  const long = { inputTokens: 201, cachedInputTokens: 0, cacheWriteTokens: 0 };
  expect(ratingOf({ ...long, inputTokens: 200 }, tiered).costMicroUsd).toBe(200);
  expect(ratingOf(long, tiered).costMicroUsd).toBe(402);
});

test.each<[string, Partial<SettledAttempt>, Price | null, string]>([
  ['whose price is as it was', { price: right }, right, 'unchanged'],
  ['whose model has no price any more', {}, null, 'not_configured'],
  ['that failed before its first token', { inputTokens: 0, outputTokens: 0, costMicroUsd: 0 }, right, 'without_usage'],
  ['that cost something, and nobody knows for what', { inputTokens: 0, outputTokens: 0 }, right, 'without_usage'],
  ['of an embedding', { kind: 'embeddings', outputTokens: 0 }, right, 'rerated'],
  ['that was free by mistake', { price: { input: 0, output: 0 }, costMicroUsd: 0 }, right, 'rerated'],
  ['of our own count', { estimated: true }, right, 'rerated'],
  ['that was swept at its bound', { settledBy: 'sweep', hold, costMicroUsd: 600 }, right, 'rerated'],
  [
    'that was swept, and for which nothing was reserved',
    { settledBy: 'sweep', hold, costMicroUsd: 0 },
    right,
    'without_usage',
  ],
  [
    'that was swept at its bound and has been rated lower since',
    { settledBy: 'sweep', hold, costMicroUsd: 1, ratedBefore: { priceVersion: 'v0', costMicroUsd: 600 } },
    right,
    'rerated',
  ],
])('a row %s', (_name, changes, price, verdict) => {
  expect(rerated(row(changes), price, 'v2').is).toBe(verdict);
});

test('a row of a batch keeps its share of the price', () => {
  const half: Price = { input: 1_250_000, output: 5_000_000 };
  const rated = ratingOf({ batch: true, priceFactor: 0.5, price: wrong }, right);
  expect(rated).toMatchObject({ price: half, costMicroUsd: 225 });
  expect(rerated(row({ batch: true, priceFactor: 0.5, price: half }), right, 'v2').is).toBe('unchanged');
});

test('a row that is open is not rated', () => {
  expect(rerated({ ...attempt(), state: 'open' }, right, 'v2').is).toBe('open');
});

test('rating twice is rating once, whatever the row and the prices', () => {
  const rate = fc.nat(50_000_000);
  const anyPrice = fc.record({ input: rate, cachedInput: rate, cacheWrite: rate, output: rate });
  fc.assert(
    fc.property(anyRow(0, 1_000_000), anyPrice, (any, price) => {
      const once = rerated(any, price, 'v2');
      if (once.is !== 'rerated' || any.state !== 'settled') return;
      const { costMicroUsd: cost } = once.rerating;
      const used = {
        input: any.inputTokens,
        cachedInput: any.cachedInputTokens,
        cacheWrite: any.cacheWriteTokens,
        output: any.outputTokens,
      };
      const own = scaledPrice(price, any.priceFactor ?? 1);
      expect(cost).toBe(costMicroUsd(used, own));
      expect(rerated({ ...any, price: own, costMicroUsd: cost }, price, 'v3').is).toBe('unchanged');
    }),
  );
});
