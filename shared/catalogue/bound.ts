/** What a call can cost at most, and how much output a sum of money affords. */
import type { Price, Rate } from './price.ts';

const dearest = (rate: Rate | undefined, inputTokens: number): number => {
  if (rate === undefined) return 0;
  if (typeof rate === 'number') return rate;
  return Math.max(rate.base, ...rate.tiers.filter(({ start }) => inputTokens > start).map(({ price }) => price));
};

/** Whichever way the input is charged for: plain, from the provider's cache, or written to it. */
const inputRate = ({ input, cachedInput, cacheWrite }: Price, inputTokens: number): bigint =>
  BigInt(Math.max(...[input, cachedInput, cacheWrite].map((rate) => dearest(rate, inputTokens))));

const perMillion = 1_000_000n;

/** Whole micro-dollars, rounded up: no call of so many tokens costs more, at any of the prices. */
export function boundMicroUsd(inputTokens: number, outputTokens: number, prices: readonly Price[]): number {
  const bounds = prices.map((price) => {
    const cost =
      BigInt(inputTokens) * inputRate(price, inputTokens) +
      BigInt(outputTokens) * BigInt(dearest(price.output, inputTokens));
    return Number((cost + perMillion - 1n) / perMillion);
  });
  return Math.max(0, ...bounds);
}

/** The most output tokens whose bound, with that input, is within the sum; below 0 when the input alone is not. */
export function affordableOutput(microUsd: number, inputTokens: number, prices: readonly Price[]): number {
  const affordable = prices.map((price) => {
    const left = BigInt(microUsd) * perMillion - BigInt(inputTokens) * inputRate(price, inputTokens);
    if (left < 0n) return -1;
    const rate = BigInt(dearest(price.output, inputTokens));
    return rate === 0n ? Number.POSITIVE_INFINITY : Number(left / rate);
  });
  return Math.min(Number.POSITIVE_INFINITY, ...affordable);
}
