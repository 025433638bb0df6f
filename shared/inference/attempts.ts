/**
 * The order of targets, as attempts at providers. Each is opened in the ledger
 * before it is made and settled after the caller has been served, so that the
 * caller never waits for accounting (I3, I9).
 */
import type { Catalogue, PricedTarget } from '../catalogue/catalogue.ts';
import { asGatewayError, GatewayError } from '../errors.ts';
import type { Call } from '../http/call.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { Log } from '../observability/log.ts';
import { outgoingHeaders } from '../providers/headers.ts';
import type { Endpoint, Provider, UpstreamRequest } from '../providers/provider.ts';
import type { Providers } from '../providers/registry.ts';
import type { OpenAttempt, Settlement, UsageKind } from '../usage/attempt.ts';
import type { UsageStore } from '../usage/usage-store.ts';
import { failedSettlement, isProvidersFault } from './attempt-outcome.ts';

export type InferenceDeps = {
  readonly catalogue: Catalogue;
  readonly providers: Providers;
  readonly usage: UsageStore;
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

export type InferenceCall = Call<unknown, ProjectCaller>;

/** An attempt under way. */
export type Attempt = {
  readonly target: PricedTarget;
  readonly startedAtMs: number;
  /** Milliseconds since it began. */
  readonly elapsed: () => number;
  /** Once the caller has been served. `settlement` is asked then, when everything is known. */
  readonly settleAfterwards: (settlement: () => Settlement) => void;
};

/** Attempts in all, for one request. */
const maxAttempts = 3;

export async function withFallback<Answer>(
  deps: InferenceDeps,
  call: InferenceCall,
  request: ModelRequest,
  ask: (provider: Provider, upstream: UpstreamRequest, attempt: Attempt) => Promise<Answer>,
): Promise<Answer> {
  const model = deps.catalogue.find(request.body.model);
  call.report.model = model.label;
  call.report.streamed = request.streamed;

  const targets = model.targets.slice(0, maxAttempts);
  for (const [index, target] of targets.entries()) {
    const attempt = await open(deps, call, request, target, index + 1);
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
      const timing = { firstByteMs: null, latencyMs: attempt.elapsed() };
      attempt.settleAfterwards(() => failedSettlement(error, target.price, timing));
      if (!isProvidersFault(error) || index === targets.length - 1 || call.signal.aborted) throw error;
      deps.log.warn('target failed, trying the next', {
        requestId: call.requestId,
        provider: target.provider,
        why: error.why,
      });
    } finally {
      call.report.upstreamMs = (call.report.upstreamMs ?? 0) + attempt.elapsed();
    }
  }
  throw new GatewayError('internal', { cause: new Error('a served model has a target') });
}

async function open(
  { usage, catalogue, log, now, newId }: InferenceDeps,
  call: InferenceCall,
  { kind, streamed, body }: ModelRequest,
  target: PricedTarget,
  ordinal: number,
): Promise<Attempt> {
  const row: OpenAttempt = {
    id: newId('att_'),
    projectId: call.caller.projectId,
    requestId: call.requestId,
    ordinal,
    kind,
    apiKeyId: call.caller.apiKeyId,
    serviceAccountId: call.caller.serviceAccountId,
    model: body.model,
    provider: target.provider,
    upstreamModel: target.model,
    streamed,
    startedAtMs: now(),
    inputBytes: call.bodyBytes,
    price: target.price,
    priceVersion: catalogue.priceVersion,
  };
  await usage.open(row);
  const startedAtMs = now();

  return {
    target,
    startedAtMs,
    elapsed: () => now() - startedAtMs,
    settleAfterwards: (settlement) =>
      call.afterwards(async () => {
        const settled = settlement();
        call.report.inputTokens = (call.report.inputTokens ?? 0) + settled.inputTokens;
        call.report.outputTokens = (call.report.outputTokens ?? 0) + settled.outputTokens;
        call.report.costMicroUsd = (call.report.costMicroUsd ?? 0) + settled.costMicroUsd;
        // The answer is out, so nobody can be refused any more: the row stays open and is counted as interrupted (I12).
        await usage.settle(row, settled).catch((error: unknown) => {
          log.error('attempt not settled', { requestId: call.requestId, attemptId: row.id, error });
        });
      }),
  };
}
