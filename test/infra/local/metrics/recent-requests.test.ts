import { recentRequests } from '../../../../infra/local/metrics/recent-requests.ts';
import type { RequestRecord } from '../../../../shared/observability/request-record.ts';

function scene() {
  const clock = { nowMs: 1_000_000 };
  const recent = recentRequests(() => clock.nowMs);
  const count = (changes: Partial<RequestRecord> = {}) =>
    recent.count({
      origin: 'caller',
      record: { status: 200, outcome: 'ok', latencyMs: 100, report: {}, ...changes } as RequestRecord,
    });
  return { clock, recent, count };
}

test('counts requests and their errors, by whose fault they are', () => {
  const { recent, count } = scene();
  count({ report: { inputTokens: 10, outputTokens: 2, costMicroUsd: 7 } });
  count({ report: { inputTokens: 1, outputTokens: 1, costMicroUsd: 1 } });
  count({ status: 429, outcome: 'rate_limit_exceeded' });
  count({ status: 502, outcome: 'upstream_error' });
  count({ status: 200, outcome: 'upstream_idle_timeout' });
  expect(recent.recent()).toEqual({
    windowSeconds: 300,
    requests: 5,
    clientErrors: 1,
    serverErrors: 2,
    latencyMs: { p50: expect.any(Number), p99: expect.any(Number) },
    inputTokens: 11,
    outputTokens: 3,
    costMicroUsd: 8,
  });
});

test('knows percentiles to a twentieth', () => {
  const { recent, count } = scene();
  for (let ms = 1; ms <= 1_000; ms += 1) count({ latencyMs: ms });
  const { p50 = 0, p99 = 0 } = recent.recent().latencyMs ?? {};
  expect(Math.abs(p50 / 500 - 1)).toBeLessThan(0.06);
  expect(Math.abs(p99 / 990 - 1)).toBeLessThan(0.06);
});

test('forgets what is older than five minutes, and says nothing of nothing', () => {
  const { recent, count, clock } = scene();
  count();
  clock.nowMs += 200_000;
  count();
  expect(recent.recent().requests).toBe(2);
  clock.nowMs += 200_000;
  expect(recent.recent().requests).toBe(1);
  clock.nowMs += 200_000;
  expect(recent.recent()).toMatchObject({ requests: 0, latencyMs: null });
});

test('a clock that was set back counts again from there', () => {
  const { recent, count, clock } = scene();
  count();
  clock.nowMs -= 600_000;
  count();
  expect(recent.recent().requests).toBe(1);
});
