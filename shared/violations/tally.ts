/** Counts of violations, in every way that a report shows them. */
import type { Violation } from './violation.ts';

/** How many by name, the most frequent first. */
export type Counts = Readonly<Record<string, number>>;

const countsOf = (found: ReadonlyMap<string, number>): Counts =>
  Object.fromEntries([...found].sort(([a, more], [b, less]) => less - more || (a < b ? -1 : 1)));

export class Tally {
  total = 0;
  readonly #categories = new Map<string, number>();
  readonly #stages = new Map<string, number>();
  readonly #guardrails = new Map<string, number>();
  readonly #actions = new Map<string, number>();
  readonly #keys = new Map<string, number>();

  /** One violation may be of several categories. */
  add({ categories, stage, guardrail, action, apiKeyId }: Violation): void {
    const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
    this.total += 1;
    for (const category of new Set(categories)) count(this.#categories, category);
    count(this.#stages, stage);
    count(this.#guardrails, guardrail);
    count(this.#actions, action);
    count(this.#keys, apiKeyId);
  }

  get categories(): Counts {
    return countsOf(this.#categories);
  }
  get stages(): Counts {
    return countsOf(this.#stages);
  }
  get guardrails(): Counts {
    return countsOf(this.#guardrails);
  }
  get actions(): Counts {
    return countsOf(this.#actions);
  }
  get keys(): Counts {
    return countsOf(this.#keys);
  }
}
