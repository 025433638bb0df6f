/** When an alert is due: the diagram of firing.ts, edge by edge. */
import { claimed, isDue, takenOverAfterMs } from '../../../shared/spend-alerts/firing.ts';
import type { Firing } from '../../../shared/spend-alerts/spend-alert.ts';
import { alertOf } from './alerts.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');
const month = '2026-11';
const tenDollars = 10_000_000;

const sent = (thresholdCents = 1_000): Firing => ({ state: 'sent', thresholdCents, claimId: 'c', sentAtMs: 0 });
const claim = (claimedAtMs: number, thresholdCents = 1_000): Firing => ({
  state: 'claimed',
  thresholdCents,
  claimId: 'c',
  claimedAtMs,
});

describe('a new alert of ten dollars', () => {
  test.each([
    [0, false],
    [tenDollars - 1, false],
    [tenDollars, true],
    [tenDollars + 1, true],
    [-1, false],
  ])('at %i micro-dollars is due: %s', (spentMicroUsd, due) => {
    expect(isDue(alertOf(), { month, spentMicroUsd }, nowMs)).toBe(due);
  });
});

describe('an alert whose threshold is reached', () => {
  test.each<[string, Record<string, Firing>, number, boolean]>([
    ['was never told', {}, 1_000, true],
    ['was told', { [month]: sent() }, 1_000, false],
    ['was told of a lower threshold', { [month]: sent(999) }, 1_000, true],
    ['was told of a higher threshold', { [month]: sent(1_001) }, 1_000, false],
    ['was told last month', { '2026-10': sent() }, 1_000, true],
    ['was just claimed', { [month]: claim(nowMs - takenOverAfterMs + 1) }, 1_000, false],
    ['was claimed 15 minutes ago', { [month]: claim(nowMs - takenOverAfterMs) }, 1_000, true],
    [
      'was claimed 15 minutes ago at a higher threshold',
      { [month]: claim(nowMs - takenOverAfterMs, 2_000) },
      1_000,
      true,
    ],
    ['was just claimed at a lower threshold', { [month]: claim(nowMs, 999) }, 1_000, true],
  ])('and that %s', (_name, firings, thresholdCents, due) => {
    expect(isDue(alertOf({ firings, thresholdCents }), { month, spentMicroUsd: tenDollars }, nowMs)).toBe(due);
  });
});

describe('months', () => {
  test.each([
    ['2026-11', true],
    ['2026-10', true],
    ['2026-09', false],
    ['2025-11', false],
    // Another instance's clock is ahead.
    ['2026-12', true],
  ])('in November the spend of %s is told: %s', (of, due) => {
    expect(isDue(alertOf(), { month: of, spentMicroUsd: tenDollars }, nowMs)).toBe(due);
  });

  test('a claim forgets closed months, and only those', () => {
    const firings = { '2026-08': sent(), '2026-09': sent(), '2026-10': sent(), '2026-11': sent(5) };
    expect(claimed(alertOf({ firings }), month, 'claim_1', nowMs)).toEqual({
      '2026-10': sent(),
      '2026-11': { state: 'claimed', thresholdCents: 1_000, claimId: 'claim_1', claimedAtMs: nowMs },
    });
  });
});
