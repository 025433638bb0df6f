import { monthBefore, monthOf } from '../../../shared/calendar/month.ts';

describe('months', () => {
  test.each([
    ['2026-11', '2026-10'],
    ['2026-03', '2026-02'],
    ['2026-01', '2025-12'],
  ])('before %s is %s', (of, before) => {
    expect(monthBefore(of)).toBe(before);
  });

  test('begin and end in UTC', () => {
    expect(monthOf(Date.parse('2026-11-30T23:59:59.999Z'))).toBe('2026-11');
    expect(monthOf(Date.parse('2026-12-01T00:00:00Z'))).toBe('2026-12');
  });
});
