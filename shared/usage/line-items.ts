/** What an attempt's cost is made of, as the costs endpoint names it. */
import { exactCosts, plainInput, type TokenCounts } from '../catalogue/price.ts';
import type { SettledAttempt } from './attempt.ts';

export type LineItem = { readonly name: string; readonly microUsd: number; readonly tokens: number };

const labels = [
  ['input', 'input_tokens'],
  ['cachedInput', 'cached_input_tokens'],
  ['cacheWrite', 'cache_write_input_tokens'],
  ['output', 'output_tokens'],
] as const satisfies readonly (readonly [keyof TokenCounts, string])[];

/** What is of batches has items of its own: the costs endpoint has no other place to say so. */
const itemName = ({ model, batch }: SettledAttempt, of: string): string => `${model}, ${batch ? 'batch_' : ''}${of}`;

/**
 * The parts add up to the row's cost, whatever it is: each is worth its tokens,
 * rounded down, and the last takes what is left. A cost without tokens is that of a
 * call whose end nobody has seen.
 */
export function lineItems(row: SettledAttempt): readonly LineItem[] {
  const tokens: TokenCounts = {
    input: row.inputTokens,
    cachedInput: row.cachedInputTokens,
    cacheWrite: row.cacheWriteTokens,
    output: row.outputTokens,
  };
  const counts: TokenCounts = { ...tokens, input: plainInput(tokens) };
  const costs = exactCosts(tokens, row.price);
  const used = labels.filter(([kind]) => counts[kind] > 0);
  if (used.length === 0) {
    return row.costMicroUsd === 0
      ? []
      : [{ name: itemName(row, 'unattributed'), microUsd: row.costMicroUsd, tokens: 0 }];
  }
  let rest = row.costMicroUsd;
  return used.map(([kind, label], index) => {
    const worth = Number(costs[kind] / 1_000_000n);
    const microUsd = index === used.length - 1 ? rest : Math.min(worth, rest);
    rest -= microUsd;
    return { name: itemName(row, label), microUsd, tokens: counts[kind] };
  });
}
