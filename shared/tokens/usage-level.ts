/** How much of a model's window a request takes, in a word. */
export const usageLevels = ['ok', 'warning', 'critical'] as const;
export type UsageLevel = (typeof usageLevels)[number];

/** Shares of the window from which on it is said. */
export type UsageThresholds = { readonly warning: number; readonly critical: number };

export const usualThresholds: UsageThresholds = { warning: 0.8, critical: 0.9 };

export function usageLevel(
  tokens: number,
  window: number,
  { warning, critical }: UsageThresholds = usualThresholds,
): UsageLevel {
  if (tokens >= window * critical) return 'critical';
  return tokens >= window * warning ? 'warning' : 'ok';
}
