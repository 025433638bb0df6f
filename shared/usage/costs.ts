/** Sums what attempts cost, grouped as asked. Pure: rows in, results out. */
import type { StoredAttempt } from './attempt.ts';
import { type Grouped, Groups } from './groups.ts';
import { type LineItem, lineItems } from './line-items.ts';

export const costFields = ['project_id', 'user_id', 'line_item', 'api_key_id', 'api_source'] as const;
export type CostField = (typeof costFields)[number];

const fieldOf: Record<CostField, (row: StoredAttempt, item: LineItem) => string> = {
  project_id: (row) => row.projectId,
  user_id: (row) => row.serviceAccountId,
  line_item: (_row, { name }) => name,
  api_key_id: (row) => row.apiKeyId,
  api_source: () => 'unlabeled',
};

export type CostSums = { microUsd: number; tokens: number };
export type GroupedCosts = Grouped<CostField, CostSums>;

/** The costs of one bucket. An attempt that is still open costs nothing that is known. */
export class CostTally {
  readonly #groups: Groups<CostField, CostSums>;
  readonly #wanted: ReadonlySet<string> | undefined;

  constructor(fields: readonly CostField[], lineItemNames?: readonly string[]) {
    this.#groups = new Groups(fields, () => ({ microUsd: 0, tokens: 0 }));
    this.#wanted = lineItemNames && new Set(lineItemNames);
  }

  add(row: StoredAttempt): void {
    if (row.state !== 'settled') return;
    for (const item of lineItems(row)) {
      if (this.#wanted && !this.#wanted.has(item.name)) continue;
      const sums = this.#groups.find((field) => fieldOf[field](row, item));
      sums.microUsd += item.microUsd;
      sums.tokens += item.tokens;
    }
  }

  results(): readonly GroupedCosts[] {
    return this.#groups.results();
  }
}

/** `organization.costs.result` of the `openai` package. Fields that were not grouped by are null. */
export const costResult = ({ group, sums }: GroupedCosts) => {
  const quantity = group.line_item === undefined ? null : sums.tokens;
  return {
    object: 'organization.costs.result',
    // The double next to so many micro-dollars: rounded to six places it is them again.
    amount: { value: sums.microUsd / 1_000_000, currency: 'usd' },
    ...Object.fromEntries(costFields.map((field) => [field, group[field] ?? null])),
    quantity,
    quantity_unit: quantity === null ? null : 'tokens',
  };
};
