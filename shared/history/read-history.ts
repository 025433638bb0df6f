/** What was said before, as far as it can matter: newest first, and no further than a model's window reaches. */
import type { Item } from '../conversations/item.ts';
import type { ItemRow } from '../conversations/item-row.ts';
import type { ItemStore, Span } from '../conversations/item-store.ts';
import type { Name } from '../conversations/places.ts';

/** A stretch of one conversation or thread. */
export type Stretch = { readonly name: Name; readonly span: Span };

export type Reach = {
  /** Of texts, in bytes: shared/conversations/item.ts. */
  readonly weight: number;
  /** Of all, pictures and files included. */
  readonly bytes: number;
};

/** Texts of any language have fewer bytes for each token, so what lies beyond so many does not fit the window. */
const bytesPerToken = 8;
/** Where nothing may be left out: spaces and repetitions can have more, and must be counted before they are refused. */
const bytesPerTokenAtMost = 16;
/** Twice what a request may bring, and as much as a function's memory bears several times over. */
const mostBytes = 12 * 1024 * 1024;

export const reachOf = (contextWindow: number | undefined, mayLeaveOut: boolean): Reach => ({
  weight: contextWindow === undefined ? mostBytes : contextWindow * (mayLeaveOut ? bytesPerToken : bytesPerTokenAtMost),
  bytes: mostBytes,
});

export type ReadHistory = {
  /** Oldest first. */
  readonly items: readonly Item[];
  /** More than could be sent, whatever the window: nothing has counted what was not read. */
  readonly isTooLarge: boolean;
};

/** Of one look at the table, in items: the first finds what most need, and no look takes more than DynamoDB gives at once. */
const pageSize = (look: number): number => Math.min(50 * 2 ** look, 800);
const openedAtOnce = 20;

export async function readHistory(
  items: ItemStore,
  stretches: AsyncIterable<Stretch> | Iterable<Stretch>,
  reach: Reach,
): Promise<ReadHistory> {
  const { rows, isTooLarge } = await rowsWithin(items, stretches, reach);
  const read: Item[] = [];
  for (let done = 0; done < rows.length; done += openedAtOnce) {
    const opened = await Promise.all(rows.slice(done, done + openedAtOnce).map((row) => items.open(row)));
    read.push(...opened.flatMap((one) => (one ? [one.item] : [])));
  }
  return { items: read.reverse(), isTooLarge };
}

async function rowsWithin(items: ItemStore, stretches: AsyncIterable<Stretch> | Iterable<Stretch>, reach: Reach) {
  const rows: ItemRow[] = [];
  let [weight, bytes] = [0, 0];
  for await (const { name, span } of stretches) {
    for await (const row of items.newestRows(name, span, pageSize)) {
      const isTooLarge = bytes + row.bytes > reach.bytes;
      if (isTooLarge || weight > reach.weight) return { rows, isTooLarge };
      rows.push(row);
      weight += row.weight;
      bytes += row.bytes;
    }
  }
  return { rows, isTooLarge: false };
}
