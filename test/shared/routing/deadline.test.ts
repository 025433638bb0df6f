import { announcedTimeoutMs, answerByMs } from '../../../shared/routing/deadline.ts';

describe('what the SDKs announce', () => {
  test.each<[string, Record<string, string>, number | null]>([
    ['Node, in whole seconds', { 'x-stainless-timeout': '600' }, 599_750],
    ['Python, with a fraction', { 'x-stainless-read-timeout': '2.5' }, 2_250],
    ['Python, with a longer one', { 'x-stainless-read-timeout': '2.125' }, 1_875],
    ['the shorter of two', { 'x-stainless-timeout': '5', 'x-stainless-read-timeout': '3' }, 2_750],
    ['less than a second, which is cut to none', { 'x-stainless-timeout': '0' }, 750],
    ['nothing', {}, null],
    ['a word', { 'x-stainless-timeout': 'soon' }, null],
    ['less than nothing', { 'x-stainless-timeout': '-5' }, null],
    ['not a number', { 'x-stainless-timeout': 'NaN' }, null],
    ['a number in another notation', { 'x-stainless-timeout': '1e9' }, null],
    ['years', { 'x-stainless-timeout': '999999999' }, 86_399_750],
  ])('%s', (_, headers, expected) => {
    expect(announcedTimeoutMs(headers)).toBe(expected);
  });
});

describe('until when an answer is of use', () => {
  const limits = { receivedAtMs: 1_000, nowMs: 1_500, remainingMs: 20_000 };

  test('without a word of the caller, as long as the function has time', () => {
    expect(answerByMs({}, limits)).toBe(21_500);
  });

  test('as long as the caller waits, from when it asked', () => {
    expect(answerByMs({ 'x-stainless-timeout': '5' }, limits)).toBe(1_000 + 4_750);
  });

  test('never longer than the function has time', () => {
    expect(answerByMs({ 'x-stainless-timeout': '600' }, limits)).toBe(21_500);
  });
});
