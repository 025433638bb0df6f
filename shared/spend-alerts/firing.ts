/**
 * When an alert is due, as a function of what is known of it. In each month:
 *
 *   (nothing) ──threshold reached──▶ claimed ──told──▶ sent
 *                                       │                └── threshold raised and reached again ──▶ claimed
 *                                       └── 15 minutes without `sent` ──▶ claimed by another
 *
 * An alert whose threshold is lowered after it was sent has said more than it
 * would now, and stays silent until the next month.
 */
import { monthBefore, monthOf } from '../calendar/month.ts';
import type { Firings, SpendAlert } from './spend-alert.ts';
import { thresholdMicroUsd } from './spend-alert.ts';

/** No function runs longer on Lambda, so whoever claimed before this is dead or has failed. */
export const takenOverAfterMs = 15 * 60_000;

export type MonthsSpend = { readonly month: string; readonly spentMicroUsd: number };

/** Older months than the last are closed: nobody acts on them, and nothing is kept of them. */
const isRecent = (month: string, nowMs: number): boolean => month >= monthBefore(monthOf(nowMs));

export function isDue(alert: SpendAlert, { month, spentMicroUsd }: MonthsSpend, nowMs: number): boolean {
  if (spentMicroUsd < thresholdMicroUsd(alert) || !isRecent(month, nowMs)) return false;
  const firing = Object.hasOwn(alert.firings, month) ? alert.firings[month] : undefined;
  if (firing === undefined || firing.thresholdCents < alert.thresholdCents) return true;
  return firing.state === 'claimed' && nowMs - firing.claimedAtMs >= takenOverAfterMs;
}

/** The alert's firings with this claim among them, and without those of closed months. */
export const claimed = (
  { firings, thresholdCents }: SpendAlert,
  month: string,
  claimId: string,
  nowMs: number,
): Firings => ({
  ...Object.fromEntries(Object.entries(firings).filter(([fired]) => isRecent(fired, nowMs))),
  [month]: { state: 'claimed', thresholdCents, claimId, claimedAtMs: nowMs },
});
