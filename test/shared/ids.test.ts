import fc from 'fast-check';
import { base62, fromBase62, randomBase62, sortableId, timeOf } from '../../shared/ids.ts';

const instant = fc.integer({ min: 0, max: 62 ** 8 - 1 });

describe('base62', () => {
  test.each([
    [0, 3, '000'],
    [9, 1, '9'],
    [10, 1, 'A'],
    [35, 1, 'Z'],
    [36, 1, 'a'],
    [61, 1, 'z'],
    [62, 2, '10'],
    [62 ** 6 - 1, 6, 'zzzzzz'],
  ])('writes %d in %d digits as %s', (number, length, text) => {
    expect(base62(number, length)).toBe(text);
  });

  test('sorts as the number does', () => {
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        expect(Math.sign(a - b)).toBe(base62(a, 8) < base62(b, 8) ? -1 : base62(a, 8) > base62(b, 8) ? 1 : 0);
      }),
    );
  });
});

test('what base62 wrote, fromBase62 reads', () => {
  fc.assert(fc.property(instant, (number) => expect(fromBase62(base62(number, 8))).toBe(number)));
});

describe('ids', () => {
  test('tell when they were made', () => {
    fc.assert(fc.property(instant, (nowMs) => expect(timeOf(sortableId('audit_log-', nowMs))).toBe(nowMs)));
  });

  test('have the prefix, 8 digits of time and 12 of chance', () => {
    expect(sortableId('proj_', Date.parse('2026-11-22T10:00:00Z'))).toMatch(/^proj_[0-9A-Za-z]{20}$/);
  });

  test('that are made a millisecond apart are in the order of their making', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 62 ** 8 - 2 }), (nowMs) => {
        expect(sortableId('x', nowMs) < sortableId('x', nowMs + 1)).toBe(true);
      }),
    );
  });

  test('that are made in the same millisecond differ', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => sortableId('x', 1))).size).toBe(1_000);
  });

  test('use all 62 digits', () => {
    expect(new Set(randomBase62(10_000)).size).toBe(62);
  });
});
