/** Counts what is spent on one value, and breaks off where it is too much. Validation is synchronous: one at a time. */
import { type EvaluationCost, maxUnits } from './evaluation-cost.ts';
import { isObject } from './schema-keywords.ts';

export class TooMuch extends Error {}

export class Meter {
  #left = 0;

  start(): void {
    this.#left = maxUnits;
  }

  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new TooMuch();
  }

  /** Before the value is looked at. */
  spendOn(value: unknown, cost: EvaluationCost): void {
    this.spend(cost.always);
    if (typeof value === 'string') this.spend(cost.perCharacter * value.length);
    else if (isObject(value)) this.#spendOnMembers(value, cost);
  }

  #spendOnMembers(value: object, { perMember, perNameCharacter }: EvaluationCost): void {
    if (perMember + perNameCharacter === 0) return;
    const names = Object.keys(value);
    this.spend(perMember * names.length);
    if (perNameCharacter === 0) return;
    let characters = 0;
    for (const name of names) characters += name.length;
    this.spend(perNameCharacter * characters);
  }
}
