/** One thing that must be well, looked at in a bounded time. What others said of it is not repeated: reasons are our own words (I6). */
import { GatewayError } from '../errors.ts';
import type { Log } from '../observability/log.ts';

/** `degraded`: it serves, and somebody should look at it. `unknown`: it cannot be told without paying for it. */
export const checkStatuses = ['ok', 'degraded', 'unavailable', 'unknown'] as const;
export type CheckStatus = (typeof checkStatuses)[number];

export type Verdict = { readonly status: CheckStatus; readonly reason: string | null };

export const well: Verdict = { status: 'ok', reason: null };
export const degraded = (reason: string): Verdict => ({ status: 'degraded', reason });
export const unavailable = (reason: string): Verdict => ({ status: 'unavailable', reason });
export const unknown = (reason: string): Verdict => ({ status: 'unknown', reason });

export type Checked = Verdict & { readonly latencyMs: number };

export type CheckDeps = {
  readonly log: Log;
  readonly now: () => number;
  /** How long anything is waited for. */
  readonly patienceMs: number;
};

/** What a client of AWS calls its failure. Anything else is only that it does not answer. */
const namedReasons: Readonly<Record<string, Verdict>> = {
  ResourceNotFoundException: unavailable('It does not exist.'),
  NoSuchBucket: unavailable('It does not exist.'),
  QueueDoesNotExist: unavailable('It does not exist.'),
  AccessDeniedException: unavailable('This function may not read it.'),
  AccessDenied: unavailable('This function may not read it.'),
  ThrottlingException: degraded('It limits the rate.'),
  ProvisionedThroughputExceededException: degraded('It limits the rate.'),
};

function verdictOn(thrown: unknown): Verdict {
  if (thrown instanceof GatewayError && thrown.cause !== undefined) return verdictOn(thrown.cause);
  const { name } = thrown instanceof Error ? thrown : { name: '' };
  return (Object.hasOwn(namedReasons, name) && namedReasons[name]) || unavailable('It does not answer.');
}

const seconds = (ms: number): string => `${ms / 1000} s`;

/** Never rejects. What it looks at gives up when the signal fires; it is not waited for. */
export async function checked<Found extends Verdict>(
  { log, now, patienceMs }: CheckDeps,
  what: string,
  check: (signal: AbortSignal) => Promise<Found>,
): Promise<Checked & (Found | Verdict)> {
  const startedAtMs = now();
  const giveUp = new AbortController();
  const late = Promise.withResolvers<Verdict>();
  const timer = setTimeout(() => {
    late.resolve(unavailable(`It has not answered within ${seconds(patienceMs)}.`));
    giveUp.abort();
  }, patienceMs);
  try {
    const verdict = await Promise.race([late.promise, check(giveUp.signal)]);
    return { ...verdict, latencyMs: now() - startedAtMs };
  } catch (error) {
    log.warn('health check failed', { what, error });
    return { ...verdictOn(error), latencyMs: now() - startedAtMs };
  } finally {
    clearTimeout(timer);
  }
}
