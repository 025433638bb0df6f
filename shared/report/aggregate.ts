/**
 * Sums of the ledger's rows in every way that a report shows. It keeps sums and no
 * rows, so its memory is bounded by the number of projects, keys, models and days.
 */
import { exactCosts } from '../catalogue/price.ts';
import type { Outcome, StoredAttempt } from '../usage/attempt.ts';
import { addTo, isOfBatch, type Sums } from '../usage/buckets.ts';
import { type SlotUnit, slotOf } from './slots.ts';

/** Tokens and requests by the rules of the usage API, and what the report says besides. */
export type Totals = Sums & {
  costMicroUsd: number;
  /** What cached input would have cost more without the cache's discount. */
  savedMicroUsd: number;
  /** Attempts that brought no answer, or broke off. */
  failures: number;
};

export const noTotals = (): Totals => ({
  requests: 0,
  input: 0,
  cachedInput: 0,
  cacheWrite: 0,
  output: 0,
  costMicroUsd: 0,
  savedMicroUsd: 0,
  failures: 0,
});

function savedMicroUsd(row: StoredAttempt): number {
  if (row.state !== 'settled' || row.cachedInputTokens === 0) return 0;
  const tokens = { input: row.inputTokens, cachedInput: row.cachedInputTokens, cacheWrite: 0, output: 0 };
  const { cachedInput: _, ...withoutDiscount } = row.price;
  const saved = exactCosts(tokens, withoutDiscount).cachedInput - exactCosts(tokens, row.price).cachedInput;
  return Number(saved / 1_000_000n);
}

/** Nobody was let down: it was answered, or there was nobody left to be. */
const nobodysFailure: ReadonlySet<Outcome> = new Set(['succeeded', 'cached', 'cancelled', 'blocked']);

type ByName = Map<string, Totals>;

/** Of what no provider was asked. None can be called so. */
const insteadOfProvider: Readonly<Partial<Record<Outcome | 'open', string>>> = {
  cached: '(cache)',
  blocked: '(guardrails)',
};

function totalsOf<Key>(groups: Map<Key, Totals>, key: Key): Totals {
  const existing = groups.get(key);
  if (existing) return existing;
  const made = noTotals();
  groups.set(key, made);
  return made;
}

export class Aggregate {
  readonly total: Totals = noTotals();
  readonly projects: ByName = new Map();
  readonly keys: ByName = new Map();
  readonly models: ByName = new Map();
  readonly providers: ByName = new Map();
  /** `live` and `batch`. */
  readonly modes: ByName = new Map();
  /** Of calls of one kind, as the usage API has them: it tells cached and output tokens of these alone. */
  readonly completionsOfProjects: ByName = new Map();
  readonly slots = new Map<number, Totals>();
  /** `open` besides the ledger's own words. */
  readonly outcomes = new Map<Outcome | 'open', number>();
  readonly projectOfKey = new Map<string, string>();
  readonly #unit: SlotUnit;
  readonly #nowMs: number;

  constructor(unit: SlotUnit, nowMs: number) {
    this.#unit = unit;
    this.#nowMs = nowMs;
  }

  add(row: StoredAttempt): void {
    const outcome = row.state === 'settled' ? row.outcome : 'open';
    const saved = savedMicroUsd(row);
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    this.projectOfKey.set(row.apiKeyId, row.projectId);
    if (row.kind === 'completions') addTo(totalsOf(this.completionsOfProjects, row.projectId), row, this.#nowMs);
    for (const totals of [
      this.total,
      totalsOf(this.projects, row.projectId),
      totalsOf(this.keys, row.apiKeyId),
      totalsOf(this.models, row.model),
      totalsOf(this.providers, insteadOfProvider[outcome] ?? row.provider),
      totalsOf(this.modes, isOfBatch(row) ? 'batch' : 'live'),
      totalsOf(this.slots, slotOf(this.#unit, row.startedAtMs)),
    ]) {
      addTo(totals, row, this.#nowMs);
      totals.savedMicroUsd += saved;
      if (row.state !== 'settled') continue;
      totals.costMicroUsd += row.costMicroUsd;
      if (!nobodysFailure.has(row.outcome)) totals.failures += 1;
    }
  }
}
