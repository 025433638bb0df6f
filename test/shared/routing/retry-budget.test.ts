import { createRetryBudget } from '../../../shared/routing/retry-budget.ts';

const settings = { budgetShare: 0.2, budgetReserve: 3 };

/** Repetitions that get through when every call fails and wants two. */
function repetitions(calls: number): number {
  const budget = createRetryBudget(settings);
  let made = 0;
  for (let call = 0; call < calls; call += 1) {
    budget.earn('p');
    for (let again = 0; again < 2; again += 1) if (budget.spend('p')) made += 1;
  }
  return made;
}

test('an outage is multiplied by the share and no more, but for the reserve', () => {
  expect(repetitions(1_000)).toBe(200 + 3);
});

test('an instance that has just begun may repeat what its reserve allows', () => {
  const budget = createRetryBudget(settings);
  expect([1, 2, 3, 4].map(() => budget.spend('p'))).toEqual([true, true, true, false]);
});

test('every provider has a budget of its own', () => {
  const budget = createRetryBudget({ ...settings, budgetReserve: 1 });
  expect(budget.spend('p')).toBe(true);
  expect(budget.spend('p')).toBe(false);
  expect(budget.spend('q')).toBe(true);
});

test('what good times have earned is forgotten beyond a hundred calls', () => {
  const budget = createRetryBudget(settings);
  for (let call = 0; call < 10_000; call += 1) budget.earn('p');
  let repeated = 0;
  while (budget.spend('p')) repeated += 1;
  expect(repeated).toBe(23);
});
