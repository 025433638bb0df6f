import {
  keyOf,
  lastMonth,
  nameOf,
  type Period,
  periodBetween,
  previousOf,
  yesterday,
} from '../../../shared/report/period.ts';
import { slotsOf, slotUnit } from '../../../shared/report/slots.ts';

const at = (text: string): number => Date.parse(text);
const bounds = ({ fromMs, toMs }: Period): string[] =>
  [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 16));
const between = (from: string, to: string): Period => periodBetween(at(from), at(to));

test.each([
  ['2026-11-22T00:30:00Z', '2026-11-21T00:00', '2026-11-22T00:00'],
  ['2026-11-22T23:59:59Z', '2026-11-21T00:00', '2026-11-22T00:00'],
  ['2026-03-01T00:30:00Z', '2026-02-28T00:00', '2026-03-01T00:00'],
  ['2027-01-01T00:00:00Z', '2026-12-31T00:00', '2027-01-01T00:00'],
])('yesterday, at %s, is from %s to %s', (now, from, to) => {
  expect(bounds(yesterday(at(now)))).toEqual([from, to]);
});

test.each([
  ['2026-12-01T01:00:00Z', '2026-11-01T00:00', '2026-12-01T00:00'],
  ['2027-01-01T01:00:00Z', '2026-12-01T00:00', '2027-01-01T00:00'],
  ['2028-03-31T23:00:00Z', '2028-02-01T00:00', '2028-03-01T00:00'],
])('last month, at %s, is from %s to %s', (now, from, to) => {
  expect(bounds(lastMonth(at(now)))).toEqual([from, to]);
});

test.each([
  [between('2026-11-01', '2026-12-01'), 'monthly', '2026-10-01T00:00', 'usage/monthly/2026-11', 'November 2026'],
  [between('2026-03-01', '2026-04-01'), 'monthly', '2026-02-01T00:00', 'usage/monthly/2026-03', 'March 2026'],
  [between('2026-11-21', '2026-11-22'), 'daily', '2026-11-20T00:00', 'usage/daily/2026-11-21', '21 November 2026'],
  [
    between('2026-11-03', '2026-11-10'),
    'custom',
    '2026-10-27T00:00',
    'usage/custom/2026-11-03_2026-11-10',
    '3 November 2026 to 9 November 2026',
  ],
])('what is compared, how it is kept and what it is called: %j', (period, kind, previousFrom, key, name) => {
  expect(period.kind).toBe(kind);
  expect(bounds(previousOf(period))).toEqual([previousFrom, bounds(period)[0]]);
  expect(keyOf(period)).toBe(key);
  expect(nameOf(period)).toBe(name);
});

test('a period asked for by its days is the same report as the scheduled one', () => {
  expect(between('2026-11-01', '2026-12-01')).toEqual(lastMonth(at('2026-12-01T01:00:00Z')));
  expect(between('2026-11-21', '2026-11-22')).toEqual(yesterday(at('2026-11-22T00:30:00Z')));
});

test.each([
  [between('2026-11-21', '2026-11-22'), 'hour', 24],
  [between('2026-11-01', '2026-12-01'), 'day', 30],
  [between('2028-02-01', '2028-03-01'), 'day', 29],
  [between('2026-01-01', '2027-01-01'), 'month', 12],
  [between('2026-01-15', '2026-06-15'), 'month', 6],
])('%j is cut into every %s there is of it: %i', (period, unit, number) => {
  expect(slotUnit(period)).toBe(unit);
  const slots = slotsOf(slotUnit(period), period);
  expect(slots).toHaveLength(number);
  expect(slots.toSorted((a, b) => a - b)).toEqual(slots);
});
