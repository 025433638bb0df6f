/** Prices and tokens, made up. */
import fc from 'fast-check';
import type { Price, Rate } from '../../../shared/catalogue/price.ts';

export const tokens = (input: number, output = 0, cachedInput = 0, cacheWrite = 0) => ({
  input,
  cachedInput,
  cacheWrite,
  output,
});

// As much as sluice.json may ask: a million dollars per million tokens.
const rate = fc.oneof(fc.nat(1_000_000_000_000), fc.nat(100_000_000), fc.constant(0));
const rates: fc.Arbitrary<Rate> = fc.oneof(
  rate,
  fc
    .record({
      base: rate,
      starts: fc.uniqueArray(fc.nat(2_000_000), { maxLength: 3 }),
      prices: fc.array(rate, { minLength: 3, maxLength: 3 }),
    })
    .map(({ base, starts, prices }) => ({
      base,
      tiers: starts.toSorted((a, b) => a - b).map((start, index) => ({ start, price: prices[index] ?? 0 })),
    })),
);
export const prices: fc.Arbitrary<Price> = fc
  .record({ input: rates, cachedInput: fc.option(rates), cacheWrite: fc.option(rates), output: rates })
  .map(({ input, cachedInput, cacheWrite, output }) => ({
    input,
    output,
    ...(cachedInput !== null && { cachedInput }),
    ...(cacheWrite !== null && { cacheWrite }),
  }));
/** What a call may have used. */
export const used = fc
  .record({
    plain: fc.nat(2_000_000),
    cachedInput: fc.nat(1_000_000),
    cacheWrite: fc.nat(1_000_000),
    output: fc.nat(2_000_000),
  })
  .map(({ plain, cachedInput, cacheWrite, output }) =>
    tokens(plain + cachedInput + cacheWrite, output, cachedInput, cacheWrite),
  );
