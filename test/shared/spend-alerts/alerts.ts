/** Spend alerts, made up. */
import type { SpendAlert } from '../../../shared/spend-alerts/spend-alert.ts';

export const alertOf = (changes: Partial<SpendAlert> = {}): SpendAlert => ({
  scope: 'proj_a',
  id: 'alert_1',
  thresholdCents: 1_000,
  recipients: ['ada@example.com'],
  subjectPrefix: null,
  version: 0,
  firings: {},
  ...changes,
});
