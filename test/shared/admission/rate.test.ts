import fc from 'fast-check';
import type { Counters } from '../../../shared/admission/counters.ts';
import {
  admitRequest,
  clockSkewUs,
  defaultBurst,
  partOf,
  perDay,
  perMinute,
  remainingRequests,
  resetUs,
} from '../../../shared/admission/rate.ts';
import { anySkews, anySteps, applied, extremeSkews, type Logged, type Step, worstExcess } from './naive.ts';

const alone = { shard: 0, shards: 1 };
const start = Date.parse('2026-11-22T10:00:00Z');
const rq = 'rq';

/** Every process tries as the gateway does: with what it knows, and again with what a failed write tells. */
function admissions(limit: number, burst: number, skews: readonly number[], steps: readonly Step[]): Logged[] {
  const rate = perMinute(limit, burst, alone);
  const views: Counters[] = skews.map(() => ({}));
  const log: Logged[] = [];
  let item: Counters = {};
  let atMs = start;
  for (const { process, afterMs, looks } of steps) {
    atMs += afterMs;
    if (looks) views[process] = item;
    for (let tries = 0; tries < 3; tries += 1) {
      const verdict = admitRequest(rate, rq, views[process]?.[rq], (atMs + (skews[process] ?? 0)) * 1000);
      if (!verdict.admitted) break;
      const after = applied(item, verdict.change);
      views[process] = after ?? item;
      if (after === null) continue;
      item = after;
      log.push({ atMs, amount: 1 });
      break;
    }
  }
  return log;
}

describe('a rate with a burst (I1)', () => {
  test('no schedule, no skew and no stale view admits more than b + r·w in any window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 6, max: 1_500 }),
        fc.integer({ min: 1, max: 30 }),
        fc.oneof(anySkews, extremeSkews),
        anySteps(4_000),
        (limit, burst, skews, steps) => {
          const log = admissions(limit, burst, skews, steps);
          // The interval is whole microseconds, rounded up.
          return log.length === 0 || worstExcess(log, limit / 60_000, burst) <= 1e-6;
        },
      ),
      { numRuns: 1_500 },
    );
  });

  test('the slowest clock first and the fastest after it: the bound holds where the margin is all that there is', () => {
    for (const [limit, burst] of [
      [60, 10],
      [600, 5],
      [600, 100],
      [600, 1],
      [1_200, 9],
    ] as const) {
      const flood = Array.from({ length: 3 * burst + 40 }, (_, index) => ({
        process: index < 1 ? 0 : 1,
        afterMs: 0,
        looks: true,
        amount: 1,
        ends: null,
      }));
      const log = admissions(limit, burst, [-200, 200, 0], flood);
      expect(worstExcess(log, limit / 60_000, burst)).toBeLessThanOrEqual(0);
    }
  });

  test.each([
    [60, 10],
    [600, 100],
    [3_000, 500],
    [60_000, 10_000],
  ])('%i a minute: nine tenths of the bound come in when more than that is asked', (limit, burst) => {
    const everyMs = Array.from({ length: 4 * burst }, (_, index) => ({
      process: 0,
      afterMs: index < 2 * burst ? 0 : 10_000 / (2 * burst),
      looks: true,
      amount: 1,
      ends: null,
    }));
    const log = admissions(limit, burst, [0, 0, 0], everyMs);
    const windowMs = (log.at(-1)?.atMs ?? 0) - start;
    expect(log.length).toBeGreaterThanOrEqual(0.9 * (burst + (limit / 60_000) * windowMs));
  });

  test('a refusal says when to come again: not a microsecond later is needed, and none earlier is enough', () => {
    for (const [limit, burst] of [
      [60, 10],
      [600, 100],
      [600, 1],
      [30, 1],
    ] as const) {
      const rate = perMinute(limit, burst, alone);
      const nowUs = start * 1000;
      let item: Counters = {};
      let waitUs: number | null = null;
      for (let tries = 0; tries < 200 && waitUs === null; tries += 1) {
        const verdict = admitRequest(rate, rq, item[rq], nowUs);
        if (verdict.admitted) item = applied(item, verdict.change) ?? item;
        else waitUs = verdict.retryAfterUs;
      }
      expect(admitRequest(rate, rq, item[rq], nowUs + (waitUs ?? 0)).admitted).toBe(true);
      expect(admitRequest(rate, rq, item[rq], nowUs + (waitUs ?? 0) - 1).admitted).toBe(false);
    }
  });

  test('what remains is what comes in', () => {
    const rate = perMinute(60, 10, alone);
    const nowUs = start * 1000;
    let item: Counters = {};
    for (;;) {
      const verdict = admitRequest(rate, rq, item[rq], nowUs);
      const before = remainingRequests(rate, item[rq], nowUs);
      expect(verdict.admitted).toBe(before > 0);
      if (!verdict.admitted) break;
      expect(verdict.remaining).toBe(before - 1);
      item = applied(item, verdict.change) ?? item;
    }
    expect(resetUs(item[rq], nowUs)).toBe(9_000_000);
    expect(resetUs(item[rq], nowUs + 9_000_001)).toBe(0);
    expect(resetUs(undefined, nowUs)).toBe(0);
  });
});

describe('parts of a limit', () => {
  test('those of all shards add up to the whole, and differ by one at most', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 16 }), (whole, shards) => {
        const parts = Array.from({ length: shards }, (_, shard) => partOf(whole, shard, shards));
        const sum = parts.reduce((total, part) => total + part, 0);
        return sum === whole && Math.max(...parts) - Math.min(...parts) <= 1;
      }),
    );
  });

  test('rates and bursts of all shards are together never more than the limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 16 }),
        (limit, burst, shards) => {
          const rates = Array.from({ length: shards }, (_, shard) => perMinute(limit, burst, { shard, shards }));
          const served = rates.filter((rate) => rate.burst > 0);
          const perUs = served.reduce((sum, { intervalUs }) => sum + 1 / intervalUs, 0);
          const bursts = served.reduce((sum, rate) => sum + rate.burst, 0);
          return perUs <= limit / 60_000_000 + 1e-15 && bursts <= burst;
        },
      ),
    );
  });

  test('a shard whose part is nothing lets nobody in, and says to try the others', () => {
    const rate = perMinute(600, 2, { shard: 3, shards: 4 });
    expect(admitRequest(rate, rq, undefined, start * 1000)).toEqual({ admitted: false, retryAfterUs: 400_000 });
    expect(remainingRequests(rate, undefined, start * 1000)).toBe(0);
  });

  test('the burst is a sixth of the limit where none is set, and at least one', () => {
    expect([60, 600, 6, 5, 1].map(defaultBurst)).toEqual([10, 100, 1, 1, 1]);
    expect(perMinute(60, undefined, alone)).toEqual({ intervalUs: 1_000_000, burst: 10 });
    expect(perDay(86_400, alone)).toEqual({ intervalUs: 1_000_000, burst: 14_400 });
    expect(perMinute(7, 2, alone).intervalUs).toBe(8_571_429);
    expect(clockSkewUs).toBe(400_000);
  });
});
