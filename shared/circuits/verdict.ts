/** What the end of a call says of the provider's model, and of our credential with the provider. Pure. */
import { type ErrorCause, type GatewayError, upstreamTimeouts } from '../errors.ts';
import { retryAfterMsOf } from '../providers/retry-after.ts';

export type Verdict =
  | { readonly is: 'well' }
  | { readonly is: 'ill'; readonly why: ErrorCause }
  /** It answers, and wants to be left alone until then. */
  | { readonly is: 'busy'; readonly untilMs: number }
  | { readonly is: 'unknown' };

export type Verdicts = { readonly target: Verdict; readonly credential: Verdict };

const well: Verdict = { is: 'well' };
const unknown: Verdict = { is: 'unknown' };

export const succeeded: Verdicts = { target: well, credential: well };
export const toldNothing: Verdicts = { target: unknown, credential: unknown };

/** A provider that asks for more has its model left alone for no longer, and is asked once an hour. */
const longestCoolMs = 3_600_000;
const usualCoolMs = 5_000;

const providersFault: readonly ErrorCause[] = ['upstream_error', ...upstreamTimeouts];

export function failed(error: GatewayError, nowMs: number): Verdicts {
  const { why } = error;
  if (providersFault.includes(why)) return { target: { is: 'ill', why }, credential: unknown };
  // Who is told to slow down has been let in.
  if (why === 'rate_limit_exceeded') {
    const coolMs = Math.min(retryAfterMsOf(error, nowMs) ?? usualCoolMs, longestCoolMs);
    return { target: { is: 'busy', untilMs: nowMs + coolMs }, credential: well };
  }
  return why === 'upstream_auth' ? refused(error) : toldNothing;
}

/** A rate limit and a 403 are about one model: where many share a circuit, they say nothing of the others. */
export function failedAmongMany(error: GatewayError, nowMs: number): Verdicts {
  const { target, credential } = failed(error, nowMs);
  const isAboutOne = target.is === 'busy' || (target.is === 'ill' && target.why === 'upstream_auth');
  return { credential, target: isAboutOne ? unknown : target };
}

/**
 * A 401 is about the credential. A 403 may be about this model, a region or the account: it counts against the
 * model alone, whose circuit opens once it has failed often enough. And where no provider was asked because there is
 * no credential, there is nobody to leave alone.
 */
function refused({ why, cause }: GatewayError): Verdicts {
  const status = typeof cause === 'object' && cause !== null && 'status' in cause ? cause.status : undefined;
  if (status === undefined) return toldNothing;
  return status === 403
    ? { target: { is: 'ill', why }, credential: unknown }
    : { target: unknown, credential: { is: 'ill', why } };
}
