import { nextTrySeconds } from '../../../shared/background-responses/background-response.ts';

const since = { createdAtMs: 1_000_000, waits: 0 };

test.each([
  [0, 2],
  [1, 4],
  [5, 64],
  [6, 120],
  [1_000, 120],
])('after %d waits it is tried again in %d seconds', (waits, seconds) => {
  expect(nextTrySeconds({ ...since, waits }, 0, since.createdAtMs)).toBe(seconds);
});

test('whoever refused it and said for how long is not asked sooner', () => {
  expect(nextTrySeconds(since, 30_001, since.createdAtMs)).toBe(31);
});

test('it waits for an hour in all, and no longer', () => {
  const hourLater = since.createdAtMs + 3_600_000;
  expect(nextTrySeconds(since, 0, hourLater - 2_000)).toBe(2);
  expect(nextTrySeconds(since, 0, hourLater - 1_999)).toBeNull();
  expect(nextTrySeconds(since, 3_600_001, since.createdAtMs)).toBeNull();
});
