/**
 * Prices and what a call costs. A rate is whole micro-dollars per million tokens
 * ($0.15 is 150,000), so sums are exact integers up to the last division.
 */
import * as z from 'zod/mini';

const microDollars = z.int().check(z.minimum(0));

/** Some models cost more once the input is long: the tier with the highest `start` below the input's length holds for all of it. */
const rateSchema = z.union([
  microDollars,
  z.object({ base: microDollars, tiers: z.array(z.object({ start: z.int(), price: microDollars })) }),
]);

export const priceSchema = z.object({
  input: rateSchema,
  /** Absent: cached input costs what other input costs. */
  cachedInput: z.optional(rateSchema),
  /** Absent: writing to the provider's cache costs what other input costs. */
  cacheWrite: z.optional(rateSchema),
  output: rateSchema,
});
export type Rate = z.infer<typeof rateSchema>;
export type Price = z.infer<typeof priceSchema>;

/** Factors have six places: in these the arithmetic is exact. */
export const factorUnit = 1_000_000;
const hasSixPlaces = (factor: number): boolean => Math.round(factor * factorUnit) / factorUnit === factor;

/** What a provider's batches cost, of the live price. */
export const priceFactorSchema = z
  .number()
  .check(z.gt(0), z.maximum(1), z.refine(hasSixPlaces, 'has at most six decimal places'));

/** `input` is all of the input; `cachedInput` and `cacheWrite` are parts of it. Reasoning is part of `output`. */
export type TokenCounts = {
  readonly input: number;
  readonly cachedInput: number;
  readonly cacheWrite: number;
  readonly output: number;
};

export const noTokens: TokenCounts = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0 };

export const free: Price = { input: 0, output: 0 };

/** Whatever it is asked, it costs nothing. */
export const isFree = (price: Price): boolean =>
  Object.values(price).every((rate: Rate | undefined) =>
    typeof rate === 'object' ? [rate.base, ...rate.tiers.map(({ price }) => price)].every((one) => one === 0) : !rate,
  );

const rateAt = (rate: Rate, inputTokens: number): number =>
  typeof rate === 'number'
    ? rate
    : rate.tiers.reduce((price, tier) => (inputTokens > tier.start ? tier.price : price), rate.base);

/** What each kind of tokens costs by itself, in millionths of a micro-dollar; `input` is what is neither cached nor written. */
export function exactCosts(tokens: TokenCounts, price: Price): Readonly<Record<keyof TokenCounts, bigint>> {
  // As `bigint`: a long answer of a dear model is more than a double counts exactly.
  const cost = (count: number, rate: Rate): bigint => BigInt(count) * BigInt(rateAt(rate, tokens.input));
  return {
    input: cost(plainInput(tokens), price.input),
    cachedInput: cost(tokens.cachedInput, price.cachedInput ?? price.input),
    cacheWrite: cost(tokens.cacheWrite, price.cacheWrite ?? price.input),
    output: cost(tokens.output, price.output),
  };
}

export const plainInput = ({ input, cachedInput, cacheWrite }: TokenCounts): number =>
  Math.max(0, input - cachedInput - cacheWrite);

/** Whole micro-dollars, rounded up: never less than what the provider asks. */
export function costMicroUsd(tokens: TokenCounts, price: Price): number {
  const { input, cachedInput, cacheWrite, output } = exactCosts(tokens, price);
  return Number((input + cachedInput + cacheWrite + output + 999_999n) / 1_000_000n);
}
