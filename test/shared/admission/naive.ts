/** What DynamoDB does with a change of counters, said in so many words; and exact logs to hold decisions against. */
import fc from 'fast-check';
import type { Counters } from '../../../shared/admission/counters.ts';
import type { Condition, Update } from '../../../shared/admission/update.ts';

function holds(item: Counters, condition: Condition): boolean {
  const value = item[condition.attribute];
  switch (condition.is) {
    case 'absent':
      return value === undefined;
    case 'present':
      return value !== undefined;
    case 'equal':
      return value === condition.value;
    case 'at least':
      return value !== undefined && value >= condition.value;
    case 'at most':
      return value !== undefined && value <= condition.value;
    case 'below':
      return value !== undefined && value < condition.value;
    case 'absent or below':
      return value === undefined || value < condition.value;
    case 'absent or at most':
      // What is absent is zero.
      return (value ?? 0) <= condition.value;
  }
}

/** The item after it, or null where a condition does not hold. */
export function applied(item: Counters, { add, set, remove, conditions }: Update): Counters | null {
  if (!conditions.every((condition) => holds(item, condition))) return null;
  const after: Record<string, number> = { ...item };
  for (const [name, amount] of Object.entries(add)) after[name] = (item[name] ?? 0) + amount;
  for (const [name, to] of Object.entries(set)) {
    after[name] = typeof to === 'number' ? to : (item[to.from] ?? 0) + to.plus;
  }
  for (const name of remove) delete after[name];
  return after;
}

export type Logged = { readonly atMs: number; readonly amount: number };

/** By how much the worst pair passes burst + rate × window; 0 or less when none does. */
export function worstExcess(log: readonly Logged[], perMs: number, burst: number): number {
  const inTime = log.toSorted((one, other) => one.atMs - other.atMs);
  let worst = Number.NEGATIVE_INFINITY;
  for (const [first, from] of inTime.entries()) {
    let sum = 0;
    for (const { atMs, amount } of inTime.slice(first)) {
      sum += amount;
      worst = Math.max(worst, sum - burst - perMs * (atMs - from.atMs));
    }
  }
  return worst;
}

/** One of a few processes does something; each has its own clock, and a view of the counters that may be old. */
export type Step = {
  readonly process: number;
  readonly afterMs: number;
  /** Does it look at the counters first? */
  readonly looks: boolean;
  readonly amount: number;
  /** Which of the calls under way ends before, if any. */
  readonly ends: number | null;
};

export const processes = 3;
export const anySkews = fc.array(fc.integer({ min: -200, max: 200 }), { minLength: processes, maxLength: processes });
export const extremeSkews = fc.constantFrom([-200, 200, 0], [200, -200, -200], [0, 200, -200]);

export const anySteps = (mostMs: number, mostAmount = 1): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      process: fc.nat(processes - 1),
      afterMs: fc.oneof(
        { weight: 6, arbitrary: fc.constant(0) },
        { weight: 2, arbitrary: fc.nat(30) },
        { weight: 1, arbitrary: fc.nat(mostMs) },
      ),
      looks: fc.boolean(),
      amount: fc.integer({ min: 1, max: mostAmount }),
      ends: fc.option(fc.nat(50)),
    }),
    { minLength: 20, maxLength: 120, size: 'max' },
  );
