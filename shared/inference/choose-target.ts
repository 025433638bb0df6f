/** Who is asked next: the best of those that may be asked again, can be in time, and whose circuit lets the call through. */
import type { PricedTarget } from '../catalogue/catalogue.ts';
import type { Leave, Pass } from '../circuits/circuits.ts';
import { during } from '../observability/trail.ts';
import { candidates, type Failed } from '../routing/next-attempt.ts';
import type { InferenceCall, InferenceDeps } from './attempts.ts';

/** `retryAfterMs`: when the first of those that are left alone may be asked again; null where none is. */
export type Chosen =
  | { readonly target: PricedTarget; readonly pass: Pass }
  | { readonly target: null; readonly retryAfterMs: number | null };

export async function chooseTarget(
  deps: InferenceDeps,
  call: InferenceCall,
  failures: readonly Failed<PricedTarget>[],
  signal: AbortSignal,
): Promise<Chosen> {
  const { retryBudget, resilience, now, random } = deps;
  const { admitted, answerByMs, report } = call;
  const open: number[] = [];
  const mayGoOn = failures.length < resilience.attempts && failures.at(-1)?.error.recovery !== 'none';
  if (!mayGoOn || signal.aborted) return { target: null, retryAfterMs: null };
  const situation = { nowMs: now(), deadlineMs: answerByMs, random, retry: resilience.retry };
  for (const { target, again, waitMs } of candidates(admitted.targets, failures, situation)) {
    if (again && !retryBudget.spend(target.provider)) continue;
    if (waitMs > 0) await waited(deps, call, waitMs, signal);
    if (signal.aborted) break;
    const leave = await (again ? patientLeave(deps, call, target, signal) : deps.circuits.admit(target));
    if (leave.admitted) {
      if (!again) retryBudget.earn(target.provider);
      const why = again ? 'asked again' : failures.length > 0 ? 'after a failure' : 'first in order';
      report.trail?.debug?.('target chosen', { provider: target.provider, why, waitMs });
      return { target, pass: leave.pass };
    }
    report.trail?.debug?.('target left alone', { provider: target.provider, retryAfterMs: leave.retryAfterMs });
    open.push(leave.retryAfterMs);
  }
  return { target: null, retryAfterMs: open.length > 0 ? Math.min(...open) : null };
}

/** For a provider, and so no time of the gateway's own. */
async function waited({ pause }: InferenceDeps, { report }: InferenceCall, ms: number, signal: AbortSignal) {
  await during(report.trail, 'retryWait', () => pause(ms, signal));
  report.upstreamMs = (report.upstreamMs ?? 0) + ms;
}

/** While the call waited, another one may have been told to wait for longer: it waits once more, where that is not long. */
async function patientLeave(
  deps: InferenceDeps,
  call: InferenceCall,
  target: PricedTarget,
  signal: AbortSignal,
): Promise<Leave> {
  const { circuits, resilience, now } = deps;
  const leave = await circuits.admit(target);
  if (leave.admitted) return leave;
  const { retryAfterMs } = leave;
  if (retryAfterMs > resilience.retry.maxDelayMs || now() + retryAfterMs >= call.answerByMs) return leave;
  await waited(deps, call, retryAfterMs, signal);
  return signal.aborted ? leave : circuits.admit(target);
}
