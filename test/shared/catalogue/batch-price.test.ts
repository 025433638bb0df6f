/** What lines of batches cost, beside what live calls do. */
import fc from 'fast-check';
import { atBatchPrices, scaledPrice } from '../../../shared/catalogue/batch-price.ts';
import { affordableOutput, boundMicroUsd } from '../../../shared/catalogue/bound.ts';
import { createCatalogue } from '../../../shared/catalogue/catalogue.ts';
import {
  costMicroUsd,
  exactCosts,
  type Price,
  priceFactorSchema,
  priceSchema,
} from '../../../shared/catalogue/price.ts';
import { prices, type tokens, used } from './prices.ts';

const millionths = fc.integer({ min: 1, max: 1_000_000 });
const factor = fc.oneof(
  fc.constantFrom(0.5, 1, 0.1, 0.3, 0.75),
  millionths.map((count) => count / 1_000_000),
);

describe('a scaled price', () => {
  test('has each rate times the factor, rounded up to the micro-dollar per million tokens', () => {
    const live: Price = {
      input: { base: 3, tiers: [{ start: 200_000, price: 5 }] },
      cachedInput: 1_250_000,
      cacheWrite: 0,
      output: 10_000_001,
    };
    expect(scaledPrice(live, 0.5)).toEqual({
      input: { base: 2, tiers: [{ start: 200_000, price: 3 }] },
      cachedInput: 625_000,
      cacheWrite: 0,
      output: 5_000_001,
    });
  });

  test('lacks what the live one lacks, and has its members in the same order', () => {
    expect(JSON.stringify(scaledPrice({ output: 4, input: 2 }, 0.5))).toBe('{"input":1,"output":2}');
  });

  test('is exact where a product of doubles is not', () => {
    expect(scaledPrice({ input: 3_000_000, output: 7 }, 0.1)).toEqual({ input: 300_000, output: 1 });
    expect(scaledPrice({ input: 1_000_000_000_000, output: 0 }, 0.999999).input).toBe(999_999_000_000);
  });

  test('is a price, and the live one where the factor is one', () => {
    fc.assert(
      fc.property(prices, factor, (price, times) => {
        expect(priceSchema.safeParse(scaledPrice(price, times)).success).toBe(true);
        expect(scaledPrice(price, 1)).toEqual(price);
      }),
    );
  });
});

describe('a call at a scaled price (I2)', () => {
  const exactly = (counts: ReturnType<typeof tokens>, price: Price): bigint =>
    Object.values(exactCosts(counts, price)).reduce((sum, cost) => sum + cost, 0n);

  test('costs no less than the factor makes of the live cost, and no more than the live cost', () => {
    fc.assert(
      fc.property(used, prices, factor, (counts, price, times) => {
        const live = exactly(counts, price);
        fc.pre(live < BigInt(Number.MAX_SAFE_INTEGER) * 1_000_000n);
        const charged = live * BigInt(Math.round(times * 1_000_000));
        const cost = costMicroUsd(counts, scaledPrice(price, times));
        expect(BigInt(cost) * 1_000_000_000_000n).toBeGreaterThanOrEqual(charged);
        expect(cost).toBeLessThanOrEqual(costMicroUsd(counts, price));
      }),
      { numRuns: 500 },
    );
  });

  test('costs at most a micro-dollar per million tokens more than that, and what rounding takes', () => {
    fc.assert(
      fc.property(used, prices, factor, (counts, price, times) => {
        const live = exactly(counts, price);
        fc.pre(live < BigInt(Number.MAX_SAFE_INTEGER) * 1_000_000n);
        const charged = live * BigInt(Math.round(times * 1_000_000));
        const cost = costMicroUsd(counts, scaledPrice(price, times));
        const all = BigInt(counts.input + counts.output);
        const above = BigInt(cost) * 1_000_000_000_000n - charged;
        expect(above).toBeLessThan(all * 1_000_000n + 1_000_000_000_000n);
      }),
      { numRuns: 500 },
    );
  });

  test('never costs more than was reserved for it, nor is more afforded than is there', () => {
    fc.assert(
      fc.property(used, prices, factor, fc.nat(1_000_000_000), (counts, price, times, money) => {
        const scaled = scaledPrice(price, times);
        const bound = boundMicroUsd(counts.input, counts.output, [scaled]);
        fc.pre(Number.isSafeInteger(bound));
        expect(costMicroUsd(counts, scaled)).toBeLessThanOrEqual(bound);
        expect(bound).toBeLessThanOrEqual(boundMicroUsd(counts.input, counts.output, [price]));
        const output = affordableOutput(money, counts.input, [scaled]);
        fc.pre(output >= 0 && Number.isSafeInteger(output));
        expect(boundMicroUsd(counts.input, output, [scaled])).toBeLessThanOrEqual(money);
      }),
      { numRuns: 500 },
    );
  });
});

test.each([0.5, 1, 0.000001, 0.123456])('%d is a factor', (value) => {
  expect(priceFactorSchema.safeParse(value).success).toBe(true);
});
test.each([0, -0.5, 1.000001, Number.POSITIVE_INFINITY, Number.NaN, 0.1234567, '0.5', null])('%p is none', (value) => {
  expect(priceFactorSchema.safeParse(value).success).toBe(false);
});

describe('the catalogue as batches find it', () => {
  const price: Price = { input: 1_000_000, output: 4_000_000 };
  const config = {
    priceVersion: 'v1',
    builtAt: 1,
    models: {
      both: {
        targets: [
          { provider: 'half', model: 'a', price },
          { provider: 'whole', model: 'b', price },
        ],
        maxOutputTokens: 100,
      },
      constructor: { targets: [{ provider: 'constructor', model: 'c', price }] },
    },
    wildcard: [{ provider: 'half', entries: [{ exact: ['known'], patterns: ['^'], price }] }],
  };
  const live = createCatalogue(config);
  const batches = atBatchPrices(live, { half: { batchPriceFactor: 0.5 }, whole: {}, constructor: {} });

  test('has the prices of each provider by its own factor, and says which that is', () => {
    const { targets, ...model } = batches.find('both');
    expect(targets).toEqual([
      { provider: 'half', model: 'a', price: { input: 500_000, output: 2_000_000 }, priceFactor: 0.5 },
      { provider: 'whole', model: 'b', price },
    ]);
    const { targets: _, ...before } = live.find('both');
    expect(model).toEqual(before);
  });

  test('of wildcards too, and whatever its providers are called', () => {
    expect(batches.find('made-up').targets[0]).toMatchObject({ priceFactor: 0.5, madeUp: true });
    expect(batches.find('constructor').targets[0]).not.toHaveProperty('priceFactor');
  });

  test('refuses what the live one refuses (I4)', () => {
    expect(() => atBatchPrices(createCatalogue({ ...config, wildcard: null }), {}).find('none')).toThrow(
      expect.objectContaining({ why: 'model_not_found' }),
    );
  });
});
