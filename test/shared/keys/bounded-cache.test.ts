import fc from 'fast-check';
import { boundedCache } from '../../../shared/keys/bounded-cache.ts';

describe('a cache that forgets (I11)', () => {
  test('keeps an entry for its time and not a millisecond longer', () => {
    const cache = boundedCache<string>(10, 30_000);
    cache.set('a', 'one', 1_000);
    expect(cache.get('a', 1_000)).toBe('one');
    expect(cache.get('a', 30_999)).toBe('one');
    expect(cache.get('a', 31_000)).toBeUndefined();
  });

  test('reading an entry does not keep it longer, writing it does', () => {
    const cache = boundedCache<string>(10, 100);
    cache.set('a', 'one', 0);
    cache.get('a', 99);
    expect(cache.get('a', 100)).toBeUndefined();
    cache.set('a', 'two', 100);
    expect(cache.get('a', 199)).toBe('two');
  });

  test('drops the oldest when there are too many, a rewritten one counting as new', () => {
    const cache = boundedCache<number>(2, 100);
    cache.set('a', 1, 0);
    cache.set('b', 2, 1);
    cache.set('a', 3, 2);
    cache.set('c', 4, 3);
    expect([cache.get('a', 4), cache.get('b', 4), cache.get('c', 4)]).toEqual([3, undefined, 4]);
  });

  test('never holds more than its bound, and always what was written last', () => {
    const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 4 }), (written, bound) => {
        const cache = boundedCache<number>(bound, 1_000);
        for (const [index, key] of written.entries()) cache.set(key, index, index);
        const held = [...new Set(written)].filter((key) => cache.get(key, written.length) !== undefined);
        expect(held.length).toBe(Math.min(bound, new Set(written).size));
        expect(cache.get(written.at(-1) ?? '', written.length)).toBe(written.length - 1);
      }),
    );
  });

  test('holds what is false or zero, too', () => {
    const cache = boundedCache<unknown>(2, 100);
    cache.set('zero', 0, 0);
    cache.set('false', false, 0);
    expect([cache.get('zero', 1), cache.get('false', 1)]).toEqual([0, false]);
  });
});
