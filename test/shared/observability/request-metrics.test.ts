import { requestMetrics } from '../../../shared/observability/request-metrics.ts';
import type { RequestRecord } from '../../../shared/observability/request-record.ts';

const record: RequestRecord = {
  requestId: 'req_1',
  method: 'POST',
  path: '/chat/completions',
  status: 200,
  outcome: 'ok',
  receivedAtMs: 1_000,
  latencyMs: 900,
  firstByteMs: 300,
  overheadMs: 20,
  stagesMs: {},
  report: { model: 'gpt-5.5', provider: 'openai', attempts: 1, streamed: true, upstreamMs: 280 },
};

const of = (report: RequestRecord['report'], more: Partial<RequestRecord> = {}) =>
  requestMetrics({ ...record, ...more, report: { ...record.report, ...report } });

/** Of a request for which nobody has been asked. */
const unasked = (outcome: string, status: number) => {
  const { provider: _, upstreamMs: __, attempts: ___, ...report } = record.report;
  return requestMetrics({ ...record, outcome, status, report });
};

test('a call of a model that went well', () => {
  const report = { inputTokens: 10, outputTokens: 5, costMicroUsd: 30, settledAtMs: 1_950 };
  expect(of(report)).toEqual({
    outcome: 'ok',
    model: 'gpt-5.5',
    provider: 'openai',
    Requests: 1,
    ServerErrors: 0,
    Latency: 900,
    TimeToFirstByte: 300,
    Overhead: 20,
    ProviderLatency: 280,
    InputTokens: 10,
    OutputTokens: 5,
    CostMicroUsd: 30,
    SettlementLag: 50,
  });
});

test('an answer that comes as a whole has no time to its first byte', () => {
  expect(of({ streamed: false })).not.toHaveProperty('TimeToFirstByte');
});

test('a request that asks no model has no time to its first byte, which would hide those of models', () => {
  expect(requestMetrics({ ...record, report: {} })).toEqual({
    outcome: 'ok',
    Requests: 1,
    ServerErrors: 0,
    Latency: 900,
    Overhead: 20,
  });
});

test.each([
  ['invalid_request', 400, 0, undefined],
  ['upstream_error', 502, 1, undefined],
  ['upstream_idle_timeout', 200, 1, undefined],
  ['internal', 500, 1, 1],
  ['overloaded', 503, 1, 1],
  ['tool_failed', 502, 1, undefined],
  ['not_cached', 504, 0, undefined],
  ['a cause of another release', 503, 1, undefined],
])('%s with status %i: %i server errors, the gateway’s own: %s', (outcome, status, ServerErrors, GatewayErrors) => {
  const metrics = of({}, { outcome, status });
  expect([metrics.ServerErrors, metrics.GatewayErrors]).toEqual([ServerErrors, GatewayErrors]);
});

test('an old answer that stands in for a failure is a hit and no error', () => {
  const metrics = of({ cache: 'stale' }, { outcome: 'upstream_error' });
  expect(metrics).toMatchObject({ outcome: 'upstream_error', ServerErrors: 0, CacheHits: 1 });
});

test.each([
  ['hit', 1],
  ['miss', 0],
  ['bypass', undefined],
] as const)('cache %s: %s', (cache, hits) => {
  expect(of({ cache }).CacheHits).toBe(hits);
});

test.each([
  ['rate_limit_exceeded', { RateLimited: 1 }, { ProviderThrottles: 1 }],
  ['token_limit_exceeded', { RateLimited: 1 }, { ProviderThrottles: 1 }],
  ['insufficient_quota', { OutOfBudget: 1 }, {}],
])('%s is the gateway’s before anybody was asked, and a provider’s afterwards', (outcome, ours, theirs) => {
  const refusals = ({ RateLimited, OutOfBudget, ProviderThrottles }: ReturnType<typeof requestMetrics>) =>
    JSON.parse(JSON.stringify({ RateLimited, OutOfBudget, ProviderThrottles }));
  expect(refusals(unasked(outcome, 429))).toEqual(ours);
  expect(refusals(of({}, { outcome, status: 429 }))).toEqual(theirs);
});

test('a line of a batch is one, and waits for its limit without being counted as refused', () => {
  const { provider: _, ...report } = record.report;
  const line = { ...record, outcome: 'rate_limit_exceeded', status: 429, report: { ...report, batchId: 'batch_1' } };
  expect(requestMetrics(line)).toMatchObject({ BatchLines: 1, Requests: 1 });
  expect(requestMetrics(line)).not.toHaveProperty('RateLimited');
});

test('attempts beyond the first are retries', () => {
  expect(of({ attempts: 3 }).Retries).toBe(2);
  expect(of({ attempts: 1 }).Retries).toBeUndefined();
});

test('a settlement that was there before the last byte lags by nothing', () => {
  expect(of({ settledAtMs: 1_400 }).SettlementLag).toBe(0);
});

test('guardrails are told by what they did, and a cost above its bound by itself', () => {
  expect(of({ safety: 'sanitized', aboveBoundMicroUsd: 17 })).toMatchObject({
    safety: 'sanitized',
    GuardedRequests: 1,
    CostAboveBound: 1,
  });
});
