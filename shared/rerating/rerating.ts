/**
 * A row of the ledger at another price. Pure. What was used stays as it is; what
 * it cost follows from it and the price, so rating twice is rating once.
 */
import { scaledPrice } from '../catalogue/batch-price.ts';
import { costMicroUsd, type Price } from '../catalogue/price.ts';
import type { SettledAttempt, StoredAttempt } from '../usage/attempt.ts';

export type PriceTag = { readonly price: Price; readonly priceVersion: string };

/** A row as it was read, and as it will be. */
export type Rerating = PriceTag & { readonly row: SettledAttempt; readonly costMicroUsd: number };

export type Verdict =
  /** Under way, or waiting for the sweep. */
  | { readonly is: 'open' }
  /** It used nothing that anyone knows of: it failed, or was never let in. */
  | { readonly is: 'without_usage' }
  /** Its model is no longer configured with that provider, so nobody knows a price. */
  | { readonly is: 'not_configured' }
  | { readonly is: 'unchanged' }
  | { readonly is: 'rerated'; readonly rerating: Rerating };

/** Parsed prices have their members in the schema's order, so equal ones are equal texts. */
const isSamePrice = (a: Price, b: Price): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The sweep settles a row at its bound, or at less if nothing was reserved for it: then its call was never made. */
function usedTokens({
  inputTokens,
  outputTokens,
  settledBy,
  hold,
  costMicroUsd,
  ratedBefore,
}: SettledAttempt): boolean {
  const firstCostMicroUsd = ratedBefore?.costMicroUsd ?? costMicroUsd;
  if (settledBy === 'sweep' && firstCostMicroUsd < (hold?.microUsd ?? 0)) return false;
  return inputTokens > 0 || outputTokens > 0;
}

/** `livePrice`: of which a row of a batch keeps the share that it was rated at. */
export function rerated(row: StoredAttempt, livePrice: Price | null, priceVersion: string): Verdict {
  if (row.state === 'open') return { is: 'open' };
  if (!usedTokens(row)) return { is: 'without_usage' };
  if (livePrice === null) return { is: 'not_configured' };
  const price = row.priceFactor === undefined ? livePrice : scaledPrice(livePrice, row.priceFactor);
  if (isSamePrice(row.price, price)) return { is: 'unchanged' };
  const used = {
    input: row.inputTokens,
    cachedInput: row.cachedInputTokens,
    cacheWrite: row.cacheWriteTokens,
    output: row.outputTokens,
  };
  return { is: 'rerated', rerating: { row, price, priceVersion, costMicroUsd: costMicroUsd(used, price) } };
}

export const differenceOf = ({ row, costMicroUsd }: Rerating): number => costMicroUsd - row.costMicroUsd;

/** How many rows came to what, and what all that were settled cost before and after. */
export type Totals = {
  readonly rows: Record<Verdict['is'] | 'changed_meanwhile', number>;
  beforeMicroUsd: number;
  afterMicroUsd: number;
};

export const noTotals = (): Totals => ({
  rows: { rerated: 0, unchanged: 0, without_usage: 0, not_configured: 0, open: 0, changed_meanwhile: 0 },
  beforeMicroUsd: 0,
  afterMicroUsd: 0,
});

export function count(totals: Totals, is: keyof Totals['rows'], microUsd: number): void {
  totals.rows[is]++;
  totals.beforeMicroUsd += microUsd;
  totals.afterMicroUsd += microUsd;
}

export function countRerated(totals: Totals, reratings: readonly Rerating[]): void {
  for (const rerating of reratings) {
    count(totals, 'rerated', rerating.row.costMicroUsd);
    totals.afterMicroUsd += differenceOf(rerating);
  }
}

export function add(totals: Totals, more: Totals): void {
  for (const [is, rows] of Object.entries(more.rows)) totals.rows[is as keyof Totals['rows']] += rows;
  totals.beforeMicroUsd += more.beforeMicroUsd;
  totals.afterMicroUsd += more.afterMicroUsd;
}

const amount = (microUsd: number) => ({ currency: 'usd', value: microUsd / 1_000_000, micro_usd: microUsd });

/** An answer of ours, in the manner of OpenAI's. */
export const reratingObject = (
  { rows, beforeMicroUsd, afterMicroUsd }: Totals,
  { dryRun, priceVersion, nextPage }: { dryRun: boolean; priceVersion: string; nextPage: string | null },
) => ({
  object: 'organization.usage.rerating',
  dry_run: dryRun,
  price_version: priceVersion,
  rows: { ...rows, seen: Object.values(rows).reduce((sum, count) => sum + count, 0) },
  cost_before: amount(beforeMicroUsd),
  cost_after: amount(afterMicroUsd),
  difference: amount(afterMicroUsd - beforeMicroUsd),
  has_more: nextPage !== null,
  next_page: nextPage,
});
