/** A page of a listing that is short enough to be read whole, in either direction. Pure. */
import type { Page } from './page.ts';

export type PageOfFewRequest = {
  readonly after?: string | undefined;
  /** The page that ends just before this id. */
  readonly before?: string | undefined;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
};

/** `items` in the order of their ids. A cursor need not exist any more: it is a place in that order. */
export function pageOfFew<Item extends { readonly id: string }>(
  items: readonly Item[],
  { after, before, limit, order }: PageOfFewRequest,
): Page<Item> {
  const ordered = order === 'asc' ? items : items.toReversed();
  const precedes = (a: string, b: string): boolean => (order === 'asc' ? a < b : a > b);
  const between = ordered.filter(
    ({ id }) => (after === undefined || precedes(after, id)) && (before === undefined || precedes(id, before)),
  );
  // Going back, what is next to the cursor comes first; with both, the walk began at `after`.
  const page = before !== undefined && after === undefined ? between.slice(-limit) : between.slice(0, limit);
  return { items: page, hasMore: between.length > limit };
}
