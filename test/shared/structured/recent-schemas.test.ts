/** Compiled schemas are kept for as long as there is room. */
import { recentSchemas } from '../../../shared/structured/recent-schemas.ts';

test('the one that was used longest ago is forgotten first', () => {
  const recent = recentSchemas<string>(2, 100);
  recent.add('a', 'A', 1);
  recent.add('b', 'B', 1);
  expect(recent.get('a')).toBe('A');
  recent.add('c', 'C', 1);
  expect(['a', 'b', 'c'].map(recent.get)).toEqual(['A', undefined, 'C']);
});

test('long ones make room by their length, and one that is longer than all the room stands alone', () => {
  const recent = recentSchemas<string>(10, 100);
  recent.add('a', 'A', 60);
  recent.add('b', 'B', 30);
  recent.add('c', 'C', 20);
  expect(['a', 'b', 'c'].map(recent.get)).toEqual([undefined, 'B', 'C']);
  recent.add('d', 'D', 1_000);
  expect(['b', 'c', 'd'].map(recent.get)).toEqual([undefined, undefined, 'D']);
  recent.add('e', 'E', 10);
  expect(['d', 'e'].map(recent.get)).toEqual([undefined, 'E']);
});

test('what is added again counts once', () => {
  const recent = recentSchemas<string>(10, 100);
  for (let times = 0; times < 5; times++) recent.add('a', 'A', 60);
  recent.add('b', 'B', 40);
  expect(['a', 'b'].map(recent.get)).toEqual(['A', 'B']);
});
