/** Listings in pages, as the `openai` package's `ConversationCursorPage` reads them. */
import * as z from 'zod/mini';

export type PageRequest = { readonly after?: string | undefined; readonly limit: number };
export type Page<Item> = { readonly items: readonly Item[]; readonly hasMore: boolean };

/** From one item more than the page may hold: that one tells whether there is a next page, and belongs to it. */
export const pageOf = <Item>(found: readonly Item[], limit: number): Page<Item> => ({
  items: found.slice(0, limit),
  hasMore: found.length > limit,
});

/** A whole number written in a query string. */
export const wholeNumber = (minimum: number, maximum: number) =>
  z.pipe(
    z.string().check(z.regex(/^\d{1,15}$/, 'expected a whole number')),
    z.pipe(z.transform(Number), z.int().check(z.minimum(minimum), z.maximum(maximum))),
  );

export const booleanText = z.pipe(
  z.enum(['true', 'false']),
  z.transform((text) => text === 'true'),
);

/** The id of the last object seen, or of the first where a listing goes back. */
export const cursor = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected the last_id of the previous page'));

/** A list in a query string, which may be of one and look like none. */
export const textList = <Item extends string>(item: z.ZodMiniType<Item, string>) =>
  z.pipe(
    z.union([z.array(z.string()), z.string()]),
    z.pipe(
      z.transform((given: string | string[]) => (typeof given === 'string' ? [given] : given)),
      z.array(item).check(z.maxLength(100)),
    ),
  );

export const pageQuery = {
  after: z.optional(cursor),
  limit: z._default(wholeNumber(1, 100), 20),
};

export const pageObject = <Item, Shown extends { readonly id: string }>(
  { items, hasMore }: Page<Item>,
  show: (item: Item) => Shown,
) => {
  const data = items.map(show);
  return {
    object: 'list',
    data,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
};
