import fc from 'fast-check';
import { costMicroUsd, free, isFree, type Price, priceSchema, type Rate } from '../../../shared/catalogue/price.ts';
import { prices, tokens, used } from './prices.ts';

const gpt4o: Price = { input: 2_500_000, cachedInput: 1_250_000, output: 10_000_000 };
const tiered = (base: number, ...tiers: [start: number, price: number][]): Rate => ({
  base,
  tiers: tiers.map(([start, price]) => ({ start, price })),
});

describe('what a call costs, in micro-dollars', () => {
  test.each<[string, number, Price, ReturnType<typeof tokens>]>([
    ['input at its price', 2_500_000, gpt4o, tokens(1_000_000)],
    ['output at its price', 10_000_000, gpt4o, tokens(0, 1_000_000)],
    ['cached input at its own', 1_250_000, gpt4o, tokens(1_000_000, 0, 1_000_000)],
    ['a mixture', 2_500 + 500 + 2_000, gpt4o, tokens(1_400, 200, 400)],
    ['cached input like other input, where it has no price', 3, { input: 3_000_000, output: 0 }, tokens(1, 0, 1)],
    [
      'cached input for nothing, where that is its price',
      0,
      { input: 3_000_000, cachedInput: 0, output: 0 },
      tokens(1, 0, 1),
    ],
    ['cache writes at their own', 4, { input: 3_000_000, cacheWrite: 3_750_000, output: 0 }, tokens(1, 0, 0, 1)],
    ['cache writes like other input, where they have no price', 3, { input: 3_000_000, output: 0 }, tokens(1, 0, 0, 1)],
    ['nothing for nothing', 0, gpt4o, tokens(0)],
    ['nothing for what is free', 0, free, tokens(1_000_000, 1_000_000)],
    ['one, where the provider asks a millionth of one', 1, { input: 1, output: 0 }, tokens(1)],
    ['one, where it asks exactly one', 1, { input: 1, output: 0 }, tokens(1_000_000)],
    ['two, where it asks a little more than one', 2, { input: 1, output: 0 }, tokens(1_000_001)],
    ['exact where a double would not be', 20_736_812_543, { input: 0, output: 601_695_619 }, tokens(0, 34_463_958)],
  ])('is %s: %d', (_, cost, price, used) => {
    expect(costMicroUsd(used, price)).toBe(cost);
  });

  test.each([
    [200_000, 200_000],
    [200_001, 400_002],
    [400_000, 800_000],
    [400_001, 1_200_003],
  ])('is at the tier of the whole input once that is longer than the tier’s start: %d tokens', (input, cost) => {
    const price: Price = { input: tiered(1_000_000, [200_000, 2_000_000], [400_000, 3_000_000]), output: 0 };
    expect(costMicroUsd(tokens(input), price)).toBe(cost);
  });

  test('has its tier from the input for output and cached input, too', () => {
    const price: Price = { input: 0, cachedInput: tiered(1, [10, 1_000_000]), output: tiered(1, [10, 1_000_000]) };
    expect(costMicroUsd(tokens(11, 7, 5), price)).toBe(12);
    expect(costMicroUsd(tokens(10, 700, 5), price)).toBe(1);
  });
});

describe('against exact arithmetic (I2)', () => {
  const at = (of: Rate, input: number): bigint => {
    if (typeof of === 'number') return BigInt(of);
    const reached = of.tiers.filter(({ start }) => start < input).toSorted((a, b) => b.start - a.start);
    return BigInt(reached[0]?.price ?? of.base);
  };

  test('the cost is the exact sum, rounded up to the micro-dollar', () => {
    fc.assert(
      fc.property(used, prices, (counts, price) => {
        const { input, cachedInput, cacheWrite, output } = counts;
        const exact =
          BigInt(input - cachedInput - cacheWrite) * at(price.input, input) +
          BigInt(cachedInput) * at(price.cachedInput ?? price.input, input) +
          BigInt(cacheWrite) * at(price.cacheWrite ?? price.input, input) +
          BigInt(output) * at(price.output, input);
        const cost = costMicroUsd(counts, price);
        fc.pre(exact < BigInt(Number.MAX_SAFE_INTEGER) * 1_000_000n);
        expect(BigInt(cost)).toBe((exact + 999_999n) / 1_000_000n);
      }),
      { numRuns: 500 },
    );
  });

  test('the cost is never negative, not even where a provider counts more cached than there is', () => {
    const count = fc.nat(1_000_000);
    fc.assert(
      fc.property(count, count, count, count, prices, (input, cachedInput, cacheWrite, output, price) => {
        expect(costMicroUsd({ input, cachedInput, cacheWrite, output }, price)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('more tokens never cost less', () => {
    const flat: Price = { input: 3, cachedInput: 2, cacheWrite: 5, output: 7 };
    fc.assert(
      fc.property(used, fc.nat(1_000), fc.nat(1_000), (counts, input, output) => {
        const more = { ...counts, input: counts.input + input, output: counts.output + output };
        expect(costMicroUsd(more, flat)).toBeGreaterThanOrEqual(costMicroUsd(counts, flat));
      }),
    );
  });
});

test.each([
  ['a negative rate', { input: -1, output: 0 }],
  ['a fraction', { input: 0.5, output: 0 }],
  ['no input', { output: 1 }],
  ['no output', { input: 1 }],
  ['a number that is not exact', { input: 2 ** 53, output: 0 }],
  ['a negative tier', { input: { base: 1, tiers: [{ start: 1, price: -1 }] }, output: 0 }],
  ['an infinite rate (THREATS 8)', { input: Number.POSITIVE_INFINITY, output: 0 }],
  ['no number at all', { input: Number.NaN, output: 0 }],
])('%s is no price', (_, price) => {
  expect(priceSchema.safeParse(price).success).toBe(false);
});

test.each<[Price, boolean]>([
  [free, true],
  [{ input: 0, cachedInput: 0, cacheWrite: 0, output: 0 }, true],
  [{ input: { base: 0, tiers: [{ start: 9, price: 0 }] }, output: 0 }, true],
  [{ input: 1, output: 0 }, false],
  [{ input: 0, output: 1 }, false],
  [{ input: 0, cacheWrite: 1, output: 0 }, false],
  [{ input: { base: 0, tiers: [{ start: 9, price: 1 }] }, output: 0 }, false],
  [{ input: { base: 1, tiers: [] }, output: 0 }, false],
])('%j is free: %s', (price, expected) => {
  expect(isFree(price)).toBe(expected);
});
