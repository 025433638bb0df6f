import * as z from 'zod/mini';
import { booleanText, pageObject, pageOf, pageQuery, wholeNumber } from '../../../shared/http/page.ts';

const query = z.strictObject(pageQuery);

describe('what a listing is asked', () => {
  test('is 20 at a time where nothing is said', () => {
    expect(query.parse({})).toEqual({ limit: 20 });
  });

  test.each([
    [{ limit: '1' }, { limit: 1 }],
    [{ limit: '100' }, { limit: 100 }],
    [{ limit: '007' }, { limit: 7 }],
    [{ after: 'proj_0-A' }, { after: 'proj_0-A', limit: 20 }],
  ])('%j is taken', (given, expected) => {
    expect(query.parse(given)).toEqual(expected);
  });

  test.each([
    { limit: '0' },
    { limit: '101' },
    { limit: '-1' },
    { limit: '1.5' },
    { limit: '1e2' },
    { limit: '' },
    { limit: ' 1' },
    { limit: '0x10' },
    { limit: '9'.repeat(16) },
    { limit: ['1', '2'] },
    { limit: 5 },
    { after: '' },
    { after: 'a b' },
    { after: 'a\n' },
    { after: '../x' },
    { after: 'x'.repeat(65) },
    { before: 'proj' },
  ])('%j is refused', (given) => {
    expect(query.safeParse(given).success).toBe(false);
  });
});

test.each([
  ['true', true],
  ['false', false],
  ['TRUE', undefined],
  ['1', undefined],
  ['', undefined],
])('the text %j is the boolean %s', (text, expected) => {
  expect(booleanText.safeParse(text).data).toBe(expected);
});

test.each([
  ['4', undefined],
  ['5', 5],
  ['9', 9],
  ['10', undefined],
])('of 5 to 9, %j is %s', (text, expected) => {
  expect(wholeNumber(5, 9).safeParse(text).data).toBe(expected);
});

describe('a page', () => {
  test.each([
    [[], [], false],
    [[1, 2], [1, 2], false],
    [[1, 2, 3], [1, 2, 3], false],
    [[1, 2, 3, 4], [1, 2, 3], true],
  ])('of three, from %j, has %j and more: %s', (found, items, hasMore) => {
    expect(pageOf(found, 3)).toEqual({ items, hasMore });
  });

  test('says its first and last ids, which are null where it is empty', () => {
    const show = (id: string) => ({ id });
    expect(pageObject({ items: ['a', 'b', 'c'], hasMore: true }, show)).toEqual({
      object: 'list',
      data: [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
      first_id: 'a',
      last_id: 'c',
      has_more: true,
    });
    expect(pageObject({ items: [], hasMore: false }, show)).toEqual({
      object: 'list',
      data: [],
      first_id: null,
      last_id: null,
      has_more: false,
    });
  });
});
