import { usageLevel } from '../../../shared/tokens/usage-level.ts';

test.each([
  [0, 'ok'],
  [79_999, 'ok'],
  [80_000, 'warning'],
  [89_999, 'warning'],
  [90_000, 'critical'],
  [200_000, 'critical'],
])('%d tokens of a window of 100,000 are %s', (tokens, level) => {
  expect(usageLevel(tokens, 100_000)).toBe(level);
});

test('from which share on is for the caller to say', () => {
  const thresholds = { warning: 0.5, critical: 0.6 };
  expect(usageLevel(49, 100, thresholds)).toBe('ok');
  expect(usageLevel(50, 100, thresholds)).toBe('warning');
  expect(usageLevel(60, 100, thresholds)).toBe('critical');
});
