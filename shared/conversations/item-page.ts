/** A page of the items between two positions, in either direction. */
import { GatewayError } from '../errors.ts';
import type { Page } from '../http/page.ts';
import type { PlacedItem } from './item.ts';
import { everything, type ItemStore, type Order, type Span } from './item-store.ts';
import type { Name } from './places.ts';

export type ItemPageRequest = {
  readonly after?: string | undefined;
  readonly limit: number;
  readonly order: Order;
};

/** What a function answers with is 6 MB at the most, and as text within JSON it has more bytes: a page of large items ends early. */
const mostPageBytes = 4_000_000;

/** Throws the caller's error where `after` names none of them. */
export async function listedItems(
  { items }: { readonly items: ItemStore },
  name: Name,
  { after, limit, order }: ItemPageRequest,
  span: Span = everything,
): Promise<Page<PlacedItem>> {
  const last = after === undefined ? undefined : await items.find(name, after);
  if (after !== undefined && (!last || last.position < span.from || last.position >= span.upTo)) {
    throw new GatewayError('invalid_request', {
      message: 'There is no such item any more. Begin from the first page, or name another.',
      param: 'after',
    });
  }
  const rest =
    last === undefined
      ? span
      : order === 'asc'
        ? { from: last.position + 1, upTo: span.upTo }
        : { from: span.from, upTo: last.position };
  return items.within(name, rest, order, { most: limit, mostBytes: mostPageBytes });
}
