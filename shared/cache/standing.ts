/** How old an answer is, and what it is still good for. Pure. */
export type Lifetime = { readonly ttlSeconds: number; readonly staleSeconds: number };

/** `fresh`: given again. `stale`: stands in when providers fail. `expired`: of no use, whether or not DynamoDB has dropped it. */
export type Standing = 'fresh' | 'stale' | 'expired';

/** Whole seconds. Instances' clocks differ: an answer that seems to come from the future is new. */
export const ageSeconds = (storedAtMs: number, nowMs: number): number =>
  Math.max(0, Math.floor((nowMs - storedAtMs) / 1000));

/** By the lifetime as it is now: whoever shortens it shortens that of what is stored. */
export function standingAt(
  storedAtMs: number,
  nowMs: number,
  { ttlSeconds, staleSeconds }: Lifetime,
  maxAgeSeconds: number | null,
): Standing {
  const age = ageSeconds(storedAtMs, nowMs);
  if (maxAgeSeconds !== null && age > maxAgeSeconds) return 'expired';
  if (age < ttlSeconds) return 'fresh';
  return age < ttlSeconds + staleSeconds ? 'stale' : 'expired';
}

/** Unix seconds: when nothing can come of an answer any more. */
export const expiryOf = (storedAtMs: number, { ttlSeconds, staleSeconds }: Lifetime): number =>
  Math.ceil(storedAtMs / 1000) + ttlSeconds + staleSeconds;
