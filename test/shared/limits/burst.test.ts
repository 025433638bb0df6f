import * as fc from 'fast-check';
import { burstOf, burstProblem, leastBurst } from '../../../shared/limits/burst.ts';

describe('the burst of a limit by the minute', () => {
  test.each([
    [1, 1],
    [5, 1],
    [6, 1],
    [11, 1],
    [12, 2],
    [60, 10],
    [600, 100],
  ])('of %i is by default a sixth of it, and at least one: %i', (requestsPerMinute, burst) => {
    expect(burstOf({ requestsPerMinute })).toBe(burst);
  });

  test('is what it was set to', () => {
    expect(burstOf({ requestsPerMinute: 60, burst: 3 })).toBe(3);
  });

  test('is none where requests by the minute are not limited', () => {
    expect(burstOf({ tokensPerMinute: 1 })).toBeUndefined();
  });

  test.each([
    [1, 1],
    [120, 1],
    [121, 2],
    [600, 5],
    [601, 6],
  ])('of %i has to be at least %i', (requestsPerMinute, least) => {
    expect(leastBurst(requestsPerMinute)).toBe(least);
    expect(burstProblem({ requestsPerMinute, burst: least })).toBeNull();
    if (least > 1) {
      expect(burstProblem({ requestsPerMinute, burst: least - 1 })).toBe(
        `For ${requestsPerMinute} requests per minute the burst has to be at least ${least}, because the clocks of the gateway's instances may differ by ±200 ms`,
      );
    }
  });

  test('cannot be set without a limit that it is the burst of', () => {
    expect(burstProblem({ burst: 5 })).toMatch(/^A burst means nothing without/);
    expect(burstProblem({})).toBeNull();
  });

  test('by default is never one that would be refused', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), (requestsPerMinute) => {
        const burst = burstOf({ requestsPerMinute }) ?? 0;
        return burstProblem({ requestsPerMinute, burst }) === null;
      }),
    );
  });
});
