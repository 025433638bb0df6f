import fc from 'fast-check';
import type { Page } from '../../../shared/http/page.ts';
import { pageOfFew } from '../../../shared/http/page-of-few.ts';

const items = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }));
const idsOf = (request: Parameters<typeof pageOfFew>[1]) => {
  const { items: found, hasMore } = pageOfFew(items, request);
  return [found.map(({ id }) => id).join(''), hasMore];
};

test.each<[string, Parameters<typeof pageOfFew>[1], string, boolean]>([
  ['the first', { limit: 2, order: 'asc' }, 'ab', true],
  ['all', { limit: 5, order: 'asc' }, 'abcde', false],
  ['what follows a cursor', { after: 'b', limit: 2, order: 'asc' }, 'cd', true],
  ['what follows a cursor, newest first', { after: 'd', limit: 9, order: 'desc' }, 'cba', false],
  ['what follows an object that has gone', { after: 'bb', limit: 2, order: 'asc' }, 'cd', true],
  ['what is just before a cursor', { before: 'd', limit: 2, order: 'asc' }, 'bc', true],
  ['what is just before a cursor, newest first', { before: 'b', limit: 2, order: 'desc' }, 'dc', true],
  ['between two cursors, from the first of them', { after: 'a', before: 'e', limit: 2, order: 'asc' }, 'bc', true],
  ['nothing after the last', { after: 'e', limit: 2, order: 'asc' }, '', false],
])('a page has %s', (_name, request, ids, hasMore) => {
  expect(idsOf(request)).toEqual([ids, hasMore]);
});

test('walking back from the end finds everything that walking on found, in either order', () => {
  const order = fc.constantFrom('asc' as const, 'desc' as const);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 })),
      fc.integer({ min: 1, max: 9 }),
      order,
      (names, limit, direction) => {
        const all = names.sort().map((id) => ({ id }));
        const walked: string[] = [];
        // Past the end, in either order.
        let before: string | undefined = direction === 'asc' ? '\uffff' : '';
        for (let more = true; more; ) {
          const page: Page<{ id: string }> = pageOfFew(all, { before, limit, order: direction });
          walked.unshift(...page.items.map(({ id }) => id));
          before = page.items.at(0)?.id;
          more = page.hasMore;
        }
        expect(walked).toEqual(direction === 'asc' ? names.sort() : names.sort().toReversed());
      },
    ),
  );
});
