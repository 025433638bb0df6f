/**
 * A call's attempts at providers: who is asked, who is asked next, and when that
 * ends. Nothing is tried any more once the first chunk of an answer is in hand.
 */
import type { Admission } from '../admission/admission.ts';
import type { Caching } from '../cache/plan.ts';
import type { Catalogue, PricedTarget } from '../catalogue/catalogue.ts';
import { allOpen } from '../circuits/all-open.ts';
import type { Circuits } from '../circuits/circuits.ts';
import { asGatewayError, GatewayError, upstreamTimeouts } from '../errors.ts';
import type { Call } from '../http/call.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { Log } from '../observability/log.ts';
import type { Remote, Span } from '../observability/stages.ts';
import { begin, end, traceHeaders } from '../observability/trail.ts';
import type { Waits } from '../pause.ts';
import { outgoingHeaders } from '../providers/headers.ts';
import type { Endpoint, Provider, UpstreamRequest } from '../providers/provider.ts';
import type { Providers } from '../providers/registry.ts';
import type { ResilienceSettings } from '../resilience/settings.ts';
import type { Failed } from '../routing/next-attempt.ts';
import type { RetryBudget } from '../routing/retry-budget.ts';
import type { GuardedCall } from '../safety/guarded-call.ts';
import type { Settlement } from '../usage/attempt.ts';
import type { CallKind } from '../usage/call-kind.ts';
import type { UsageStore } from '../usage/usage-store.ts';
import type { AdmittedCall } from './admit-call.ts';
import { type Attempt, begun, type HeldRow, moved, passedOn, settleWithoutAttempt, spentIn } from './attempt.ts';
import { estimatedTokens, estimatedUsage, failedSettlement, isProvidersFault, settlement } from './attempt-outcome.ts';
import { chooseTarget } from './choose-target.ts';
import { inTime } from './in-time.ts';
import type { Preparation } from './preparation.ts';
import { upstreamBody } from './upstream-body.ts';

export type InferenceDeps = Waits & {
  /** Whatever is asked belongs to batches: the ledger says so, and nobody waits for the answers. */
  readonly batch?: true;
  readonly catalogue: Catalogue;
  readonly providers: Providers;
  readonly usage: UsageStore;
  readonly admission: Admission;
  readonly circuits: Circuits;
  readonly retryBudget: RetryBudget;
  readonly resilience: ResilienceSettings;
  readonly caching: Caching;
  readonly log: Log;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
  /** In [0, 1). */
  readonly random: () => number;
};

export type ModelRequest = {
  readonly kind: CallKind;
  readonly endpoint: Endpoint;
  readonly body: Readonly<Record<string, unknown>> & { readonly model: string };
  readonly streamed: boolean;
};

export type InferenceCall = Call<unknown, ProjectCaller> & {
  readonly prepared: Preparation;
  readonly admitted: AdmittedCall;
  /** Once its answer is out: may that be given again to others who ask the same? Absent: yes. */
  readonly mayBeKept?: () => boolean;
  /** Fires, together with `signal`, when nobody wants the answer any more. Absent: nobody could say so. */
  readonly stopped?: AbortSignal;
  /** Absent: no guardrail has to do with it. */
  readonly guarded?: GuardedCall;
};

type Ask<Answer> = (provider: Provider, upstream: UpstreamRequest, attempt: Attempt) => Promise<Answer>;

type FailedAttempt = Failed<PricedTarget> & { readonly attempt: Attempt; readonly settlement: Settlement };

export async function withFallback<Answer>(
  deps: InferenceDeps,
  call: InferenceCall,
  ask: Ask<Answer>,
): Promise<Answer> {
  const { report, admitted } = call;
  const { signal, answered } = inTime(call, deps.now());
  const failures: FailedAttempt[] = [];
  let row = admitted.row;
  try {
    for (;;) {
      const chosen = await chooseTarget(deps, call, failures, signal);
      if (chosen.target === null) throw givenUp(deps, call, failures, chosen.retryAfterMs);
      const { target, pass } = chosen;
      row = await rowFor(deps, row, target, failures.at(-1)).catch((thrown: unknown) => {
        pass.unknown();
        nobodyIsAsked(deps, call, failures.at(-1));
        throw thrown;
      });
      const spentBefore = spentIn(failures.map(({ settlement }) => settlement));
      const attempt = begun(deps, call, target, row, pass, spentBefore);
      report.provider = target.provider;
      report.attempts = failures.length + 1;
      const remote: Remote = { name: target.provider };
      const span = begin(report.trail, 'upstream', remote);
      try {
        return await ask(deps.providers(target.provider), upstreamRequest(call, target, signal, span), attempt);
      } catch (thrown) {
        const error = asGatewayError(thrown);
        remote.why = error.why;
        remote.status = error.row.status;
        // Who is in a hurry says nothing about the provider: one tenant's short patience must not open a circuit for all.
        if (isProvidersFault(error) && !signal.aborted) pass.failed(error);
        else pass.unknown();
        failures.push({ target, error, attempt, settlement: settlementOf(call, attempt, error) });
        deps.log.warn('attempt failed', { requestId: call.requestId, provider: target.provider, why: error.why });
      } finally {
        end(report.trail, span);
        report.upstreamMs = (report.upstreamMs ?? 0) + attempt.elapsed();
      }
    }
  } finally {
    answered();
  }
}

/** Broken off because of its input, or because nobody wants it any more, it has been read by the provider all the same; not so where it had failed by itself. */
function settlementOf(
  { guarded, stopped, bodyBytes }: InferenceCall,
  attempt: Attempt,
  error: GatewayError,
): Settlement {
  const { price } = attempt.target;
  const timing = { firstByteMs: null, latencyMs: attempt.elapsed() };
  const isBrokenOff = (guarded?.clearance?.refused.aborted || stopped?.aborted) && upstreamTimeouts.includes(error.why);
  if (!isBrokenOff) return failedSettlement(error, price, timing);
  return settlement('cancelled', estimatedUsage(estimatedTokens(bodyBytes), 0, attempt.hold), price, timing, true);
}

const upstreamRequest = (
  { admitted: { request }, headers, report: { trail } }: InferenceCall,
  { model }: PricedTarget,
  signal: AbortSignal,
  span: Span | null,
): UpstreamRequest => ({
  endpoint: request.endpoint,
  body: upstreamBody(request, model),
  headers: { ...outgoingHeaders(headers), ...(trail && traceHeaders(trail, span)) },
  signal,
});

/** The ledger says who is asked before anybody is. */
async function rowFor(
  deps: InferenceDeps,
  row: HeldRow,
  target: PricedTarget,
  last: FailedAttempt | undefined,
): Promise<HeldRow> {
  if (last) return passedOn(deps, row, last.settlement, target);
  return row.provider === target.provider && row.upstreamModel === target.model ? row : moved(deps, row, target);
}

/**
 * Nobody is left to be asked: the last failure is the caller's answer, or else that all are left alone. What one provider
 * does not know of the request is not its fault where another has failed at it.
 */
function givenUp(
  deps: InferenceDeps,
  call: InferenceCall,
  failures: readonly FailedAttempt[],
  retryAfterMs: number | null,
): GatewayError {
  const last = failures.at(-1);
  nobodyIsAsked(deps, call, last);
  if (last) return (failures.findLast(({ error }) => isProvidersFault(error)) ?? last).error;
  return retryAfterMs === null ? new GatewayError('upstream_timeout') : allOpen(retryAfterMs);
}

/** No provider is asked any more: what the call holds is given back once its caller has been told. */
function nobodyIsAsked(deps: InferenceDeps, call: InferenceCall, last: FailedAttempt | undefined): void {
  if (last) last.attempt.settleAfterwards(() => last.settlement);
  else {
    call.report.attempts = 0;
    settleWithoutAttempt(deps, call, 'unasked');
  }
}
