/** What metrics say of one request. Pure. */
import { type ErrorRow, errorTable } from '../error-table.ts';
import type { ErrorCause } from '../errors.ts';
import type { RequestMetrics } from './metrics.ts';
import type { RequestRecord } from './request-record.ts';

export function requestMetrics(record: RequestRecord): RequestMetrics {
  const { outcome, latencyMs, firstByteMs, overheadMs, report } = record;
  const { model, provider, safety, streamed, upstreamMs, cache, attempts = 0 } = report;
  return {
    outcome,
    ...(model !== undefined && { model }),
    ...(streamed === true && { TimeToFirstByte: firstByteMs }),
    ...(provider !== undefined && { provider }),
    ...(safety !== undefined && { safety, GuardedRequests: 1 }),
    Requests: 1,
    Latency: latencyMs,
    Overhead: overheadMs,
    ServerErrors: isServerError(record) ? 1 : 0,
    ...(upstreamMs !== undefined && { ProviderLatency: upstreamMs }),
    ...(attempts > 1 && { Retries: attempts - 1 }),
    ...(report.inputTokens !== undefined && { InputTokens: report.inputTokens }),
    ...(report.outputTokens !== undefined && { OutputTokens: report.outputTokens }),
    ...(report.costMicroUsd !== undefined && { CostMicroUsd: report.costMicroUsd }),
    ...((cache === 'hit' || cache === 'stale') && { CacheHits: 1 }),
    ...(cache === 'miss' && { CacheHits: 0 }),
    ...(report.settledAtMs !== undefined && {
      SettlementLag: Math.max(0, report.settledAtMs - record.receivedAtMs - latencyMs),
    }),
    ...(report.batchId !== undefined && { BatchLines: 1 }),
    ...((report.aboveBoundMicroUsd ?? 0) > 0 && { CostAboveBound: 1 }),
    ...(ownFaults.includes(outcome) && { GatewayErrors: 1 }),
    ...refusalOf(record),
  };
}

const ownFaults: readonly string[] = ['internal', 'overloaded'] satisfies ErrorCause[];

/** An old answer that stands in for a failure is what was asked for, and so is none where only the cache was asked. */
function isServerError({ outcome, status, report }: RequestRecord): boolean {
  if (report.cache === 'stale' || outcome === 'not_cached') return false;
  const row = (errorTable as Readonly<Record<string, ErrorRow>>)[outcome];
  return (row?.status ?? status) >= 500;
}

/** The same causes are a limit of ours before anybody is asked, and a provider's afterwards. A batch's line waits for its limit. */
function refusalOf({ outcome, report: { provider, batchId } }: RequestRecord): RequestMetrics {
  const isLimit = outcome === 'rate_limit_exceeded' || outcome === 'token_limit_exceeded';
  if (isLimit && provider !== undefined) return { ProviderThrottles: 1 };
  if (isLimit) return batchId === undefined ? { RateLimited: 1 } : {};
  return outcome === 'insufficient_quota' && provider === undefined ? { OutOfBudget: 1 } : {};
}
