/**
 * How often an address may present keys that are none: a rate with a burst (I1),
 * kept as the one moment at which the burst would be whole again.
 */
export type GuessPolicy = { readonly perMinute: number; readonly burst: number; readonly blockedMs: number };

/** The guide's limit: 60 a minute, 10 at once. */
export const guessPolicy: GuessPolicy = { perMinute: 60, burst: 10, blockedMs: 15 * 60_000 };

export type Guessed = { readonly allowed: true; readonly wholeAtMs: number } | { readonly allowed: false };

export function guess(wholeAtMs: number | undefined, nowMs: number, { perMinute, burst }: GuessPolicy): Guessed {
  const intervalMs = 60_000 / perMinute;
  const next = Math.max(wholeAtMs ?? nowMs, nowMs) + intervalMs;
  return next - nowMs <= burst * intervalMs ? { allowed: true, wholeAtMs: next } : { allowed: false };
}
