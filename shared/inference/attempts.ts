/**
 * The order of targets, as attempts at providers. Each is opened in the ledger
 * before it is made and settled after the caller has been served, so that the
 * caller never waits for accounting (I3, I9). What the call holds of its limits
 * and its budget passes from one attempt to the next.
 */
import type { Admission } from '../admission/admission.ts';
import type { Hold } from '../admission/hold.ts';
import type { Catalogue, PricedTarget } from '../catalogue/catalogue.ts';
import { orRefuse } from '../dynamo/outage.ts';
import { asGatewayError, GatewayError } from '../errors.ts';
import type { Call } from '../http/call.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { Log } from '../observability/log.ts';
import { outgoingHeaders } from '../providers/headers.ts';
import type { Endpoint, Provider, UpstreamRequest } from '../providers/provider.ts';
import type { Providers } from '../providers/registry.ts';
import type { OpenAttempt, Settlement, UsageKind } from '../usage/attempt.ts';
import type { UsageStore } from '../usage/usage-store.ts';
import type { AdmittedCall } from './admit-call.ts';
import { failedSettlement, isProvidersFault } from './attempt-outcome.ts';

export type InferenceDeps = {
  readonly catalogue: Catalogue;
  readonly providers: Providers;
  readonly usage: UsageStore;
  readonly admission: Admission;
  readonly log: Log;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
};

export type ModelRequest = {
  readonly kind: UsageKind;
  readonly endpoint: Endpoint;
  readonly body: Readonly<Record<string, unknown>> & { readonly model: string };
  readonly streamed: boolean;
};

export type InferenceCall = Call<unknown, ProjectCaller> & { readonly admitted: AdmittedCall };

/** An attempt under way. */
export type Attempt = {
  readonly target: PricedTarget;
  readonly hold: Hold;
  readonly startedAtMs: number;
  /** Milliseconds since it began. */
  readonly elapsed: () => number;
  /** Once the caller has been served. `settlement` is asked then, when everything is known. */
  readonly settleAfterwards: (settlement: () => Settlement) => void;
};

export async function withFallback<Answer>(
  deps: InferenceDeps,
  call: InferenceCall,
  ask: (provider: Provider, upstream: UpstreamRequest, attempt: Attempt) => Promise<Answer>,
): Promise<Answer> {
  const { targets, request } = call.admitted;
  let row = call.admitted.row;
  for (const [index, target] of targets.entries()) {
    const attempt = begun(deps, call, target, row);
    call.report.provider = target.provider;
    call.report.attempts = index + 1;
    try {
      const upstream: UpstreamRequest = {
        endpoint: request.endpoint,
        body: { ...request.body, model: target.model },
        headers: outgoingHeaders(call.headers),
        signal: call.signal,
      };
      return await ask(deps.providers(target.provider), upstream, attempt);
    } catch (thrown) {
      const error = asGatewayError(thrown);
      const failed = failedSettlement(error, target.price, { firstByteMs: null, latencyMs: attempt.elapsed() });
      const next = targets[index + 1];
      if (!next || !isProvidersFault(error) || call.signal.aborted) {
        attempt.settleAfterwards(() => failed);
        throw error;
      }
      const facts = { requestId: call.requestId, provider: target.provider, why: error.why };
      deps.log.warn('target failed, trying the next', facts);
      row = await passedOn(deps, row, failed, next);
    } finally {
      call.report.upstreamMs = (call.report.upstreamMs ?? 0) + attempt.elapsed();
    }
  }
  throw new GatewayError('internal', { cause: new Error('a served model has a target') });
}

/**
 * The failed attempt is settled before the next is opened: killed in between, the
 * call has cost nothing, which is what it has cost.
 */
async function passedOn(
  { usage, now, newId }: InferenceDeps,
  row: AdmittedCall['row'],
  failed: Settlement,
  target: PricedTarget,
): Promise<AdmittedCall['row']> {
  await orRefuse(usage.settle(row, failed));
  const next = {
    ...row,
    id: newId('att_'),
    ordinal: row.ordinal + 1,
    provider: target.provider,
    upstreamModel: target.model,
    price: target.price,
    startedAtMs: now(),
  };
  await usage.open(next);
  return next;
}

function begun(
  { usage, admission, log, now }: InferenceDeps,
  call: InferenceCall,
  target: PricedTarget,
  row: OpenAttempt & { readonly hold: Hold },
): Attempt {
  const startedAtMs = now();
  const settle = async (settled: Settlement): Promise<void> => {
    const { requestId } = call;
    if ((await usage.settle(row, settled)) === 'sweep') {
      log.error('attempt was swept before it ended', { requestId, attemptId: row.id });
      return;
    }
    const taken = { microUsd: settled.costMicroUsd, tokens: settled.inputTokens + settled.outputTokens };
    await admission.settle(row.projectId, row, row.hold, taken);
  };
  return {
    target,
    hold: row.hold,
    startedAtMs,
    elapsed: () => now() - startedAtMs,
    settleAfterwards: (settlement) =>
      call.afterwards(async () => {
        const settled = settlement();
        const { report, requestId } = call;
        report.inputTokens = (report.inputTokens ?? 0) + settled.inputTokens;
        report.outputTokens = (report.outputTokens ?? 0) + settled.outputTokens;
        report.costMicroUsd = (report.costMicroUsd ?? 0) + settled.costMicroUsd;
        const aboveBound = settled.costMicroUsd - row.hold.microUsd;
        if (aboveBound > 0) {
          report.aboveBoundMicroUsd = aboveBound;
          log.error('call cost more than its bound', { requestId, attemptId: row.id, aboveBoundMicroUsd: aboveBound });
        }
        // The answer is out, so nobody can be refused any more: the sweep closes what stays open (I12).
        await settle(settled).catch((error: unknown) => {
          log.error('attempt not settled', { requestId, attemptId: row.id, error });
        });
      }),
  };
}
