import fc from 'fast-check';
import { guess, guessPolicy } from '../../../shared/addresses/guesses.ts';

const { perMinute, burst } = guessPolicy;

/** How many of the moments are allowed. */
function allowed(moments: readonly number[]): number[] {
  const taken: number[] = [];
  let wholeAtMs: number | undefined;
  for (const nowMs of moments) {
    const result = guess(wholeAtMs, nowMs, guessPolicy);
    if (!result.allowed) continue;
    taken.push(nowMs);
    ({ wholeAtMs } = result);
  }
  return taken;
}

test('ten at once, and then one a second', () => {
  expect(allowed(Array.from({ length: 50 }, () => 0))).toHaveLength(10);
  expect(allowed([...Array.from({ length: 11 }, () => 0), 999, 1_000, 1_000, 2_000])).toHaveLength(12);
});

test('in every window w at most b + r*w, and no fewer than that where there is demand (I1)', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(gaps, (waits) => {
      let at = 0;
      const moments = waits.map((wait) => {
        at += wait;
        return at;
      });
      const taken = allowed(moments);
      for (let first = 0; first < taken.length; first++) {
        for (let last = first; last < taken.length; last++) {
          const windowMs = (taken[last] ?? 0) - (taken[first] ?? 0);
          expect(last - first + 1).toBeLessThanOrEqual(burst + (perMinute / 60_000) * windowMs);
        }
      }
    }),
  );
  const flood = Array.from({ length: 60_001 }, (_, ms) => ms);
  expect(allowed(flood)).toHaveLength(burst + perMinute);
});
