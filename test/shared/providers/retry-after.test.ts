import { APIError } from 'openai';
import { retryAfterMsOf } from '../../../shared/providers/retry-after.ts';
import { upstreamError } from '../../../shared/providers/upstream-error.ts';

const nowMs = Date.parse('2026-11-22T10:00:00.250Z');

const waitOf = (status: number, headers: Record<string, string>): number | null =>
  retryAfterMsOf(upstreamError(APIError.generate(status, undefined, undefined, new Headers(headers)), 'key'), nowMs);

test.each<[string, Record<string, string>, number | null]>([
  ['seconds', { 'retry-after': '7' }, 7_000],
  ['no time at all', { 'retry-after': '0' }, 0],
  ['decimals, never early', { 'retry-after': '0.0301' }, 31],
  ['milliseconds', { 'retry-after-ms': '120' }, 120],
  ['decimals of milliseconds', { 'retry-after-ms': '0.5' }, 1],
  ['both: the more exact', { 'retry-after': '7', 'retry-after-ms': '6500' }, 6_500],
  ['both, the more exact of them broken', { 'retry-after': '7', 'retry-after-ms': 'soon' }, 7_000],
  ['a date', { 'retry-after': 'Sun, 22 Nov 2026 10:00:05 GMT' }, 4_750],
  ['a date that has passed', { 'retry-after': 'Sun, 22 Nov 2026 09:00:00 GMT' }, 0],
  ['something else', { 'retry-after': 'soon' }, null],
  ['a negative number', { 'retry-after': '-1' }, null],
  ['more digits than any wait has', { 'retry-after': '9'.repeat(40) }, null],
  ['not a number', { 'retry-after': 'NaN' }, null],
  ['nothing', {}, null],
])('a provider that says %s', (_, headers, expected) => {
  expect(waitOf(503, headers)).toBe(expected);
});

test('a rate limit that says nothing is waited for a second', () => {
  expect(waitOf(429, {})).toBe(1_000);
});
