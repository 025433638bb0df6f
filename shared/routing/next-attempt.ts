/**
 * Where a call goes after it has failed, and when: as a function of what has
 * happened to it so far. Whoever has not been asked yet comes first; only then is
 * somebody asked again, and not at once.
 */
import type { GatewayError } from '../errors.ts';
import { retryAfterMsOf } from '../providers/retry-after.ts';
import type { RetrySettings } from '../resilience/settings.ts';

type Addressed = { readonly provider: string; readonly model: string };

/** An attempt that has failed. */
export type Failed<Target extends Addressed> = { readonly target: Target; readonly error: GatewayError };

export type Candidate<Target extends Addressed> = {
  readonly target: Target;
  /** Has this call asked it before? */
  readonly again: boolean;
  /** How long to wait before it is asked. */
  readonly waitMs: number;
};

export type Situation = {
  readonly nowMs: number;
  /** When the caller must have an answer, or its beginning. */
  readonly deadlineMs: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly retry: Pick<RetrySettings, 'baseDelayMs' | 'maxDelayMs'>;
};

/**
 * A provider that asks for more is not asked again: each call that waited would hold its function, its reservation and
 * its stream's slot meanwhile. Its caller is told, and can wait at no cost. As `circuit_open` has it.
 */
const longestAskedMs = 8_000;

/** Those that may be asked now or in time, the best first. */
export function candidates<Target extends Addressed>(
  targets: readonly Target[],
  failures: readonly Failed<Target>[],
  { nowMs, deadlineMs, random, retry }: Situation,
): readonly Candidate<Target>[] {
  return targets
    .filter((target) => failures.every((failed) => mayHelp(target, failed)))
    .map((target) => {
      const own = failures.filter((failed) => failed.target === target);
      const last = own.at(-1);
      const askedMs = (last && retryAfterMsOf(last.error, nowMs)) ?? 0;
      return { target, times: own.length, askedMs, waitMs: askedMs + jitterMs(own.length, random, retry) };
    })
    .filter(({ times, askedMs, waitMs }) => times === 0 || (askedMs <= longestAskedMs && nowMs + waitMs < deadlineMs))
    .sort((a, b) => a.times - b.times || a.askedMs - b.askedMs)
    .map(({ target, times, waitMs }) => ({ target, again: times > 0, waitMs }));
}

/** A refused credential is the provider's as a whole; anything else is the target's own. */
const mayHelp = <Target extends Addressed>(target: Target, { target: asked, error }: Failed<Target>): boolean => {
  if (error.recovery === 'again') return true;
  return error.why === 'upstream_auth' ? target.provider !== asked.provider : target !== asked;
};

/**
 * Full jitter, so that calls which failed together do not come back together:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/. It
 * comes on top of what the provider asks for.
 */
const jitterMs = (times: number, random: () => number, { baseDelayMs, maxDelayMs }: Situation['retry']): number =>
  times === 0 ? 0 : Math.round(random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (times - 1)));
