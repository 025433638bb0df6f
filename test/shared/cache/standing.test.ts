import { ageSeconds, expiryOf, standingAt } from '../../../shared/cache/standing.ts';

const lifetime = { ttlSeconds: 60, staleSeconds: 30 };
const storedAtMs = 1_000_500;
const after = (ms: number) => storedAtMs + ms;

test.each([
  ['fresh at once', 0, null, 'fresh'],
  ['fresh to the last moment', 59_999, null, 'fresh'],
  ['stale from then on', 60_000, null, 'stale'],
  ['stale to the last moment', 89_999, null, 'stale'],
  ['expired from then on', 90_000, null, 'expired'],
  ['as old as the caller allows', 10_999, 10, 'fresh'],
  ['older than the caller allows', 11_000, 10, 'expired'],
  ['older than the caller allows, though it might stand in', 70_000, 65, 'expired'],
  ['old, as the caller allows', 64_000, 65, 'stale'],
  ['of an instance whose clock is ahead', -200, null, 'fresh'],
  ['of an instance whose clock is ahead, for who wants the newest', -200, 0, 'fresh'],
] as const)('an answer is %s', (_, ageMs, maxAgeSeconds, expected) => {
  expect(standingAt(storedAtMs, after(ageMs), lifetime, maxAgeSeconds)).toBe(expected);
});

test('without time to stand in, what is past its time is of no use', () => {
  expect(standingAt(storedAtMs, after(60_000), { ttlSeconds: 60, staleSeconds: 0 }, null)).toBe('expired');
});

test('ages are whole seconds, and never negative', () => {
  expect([ageSeconds(storedAtMs, after(1_999)), ageSeconds(storedAtMs, after(-5_000))]).toEqual([1, 0]);
});

test('an item outlives its use, if by less than a second', () => {
  const expiresAtMs = expiryOf(storedAtMs, lifetime) * 1000;
  expect(expiresAtMs).toBeGreaterThanOrEqual(after(90_000));
  expect(expiresAtMs).toBeLessThan(after(91_000));
});
