/** What several answers of one request have used, in the shape in which they say it. Pure. */
import { isObject, type Json } from './dialect.ts';

const sum = (one: unknown, other: unknown): unknown => {
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  if (isObject(one) && isObject(other)) return summedUsage(one, other);
  return other ?? one;
};

export function summedUsage(one: Json, other: Json): Json {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, sum(one[name], other[name])]));
}
