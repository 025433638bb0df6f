/** Items as rows of the table: in the row where they fit, in the bucket where they do not. */
import * as z from 'zod/mini';
import type { BodyStore } from '../bodies/body-store.ts';
import { orRefuse } from '../dynamo/outage.ts';
import { type Item, type PlacedItem, weightOf } from './item.ts';
import { itemPlace, type Name, partitionOf, positionOf } from './places.ts';

/** An item on its way into the table, whose position is not known yet. */
export type PendingRow = {
  readonly id: string;
  readonly weight: number;
  /** Of its JSON. */
  readonly bytes: number;
} & ({ readonly json: string } | { readonly bodyKey: string; readonly body: Uint8Array });

export const itemRowSchema = z.object({
  conversation: z.string(),
  place: z.string(),
  id: z.string(),
  weight: z.int(),
  bytes: z.int(),
  json: z.optional(z.string()),
  bodyKey: z.optional(z.string()),
});
export type ItemRow = z.infer<typeof itemRowSchema>;

/** DynamoDB takes 400 kB of an item, and 4 MB of a transaction, keys included. */
const maxRowBytes = 300_000;
const maxTogetherBytes = 3_000_000;

/** What is too large goes to the bucket, and of what is too much together the largest, unless each is written by itself. */
export function pendingRows(
  name: Name,
  append: string,
  items: readonly Item[],
  mostTogetherBytes = maxTogetherBytes,
): readonly PendingRow[] {
  const written = items.map((item, index) => ({ item, index, json: JSON.stringify(item) }));
  const sizes = written.map(({ json, index }) => ({ index, bytes: Buffer.byteLength(json) }));
  let together = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const away = new Set<number>();
  for (const { index, bytes } of sizes.toSorted((a, b) => b.bytes - a.bytes)) {
    if (bytes <= maxRowBytes && together <= mostTogetherBytes) break;
    away.add(index);
    together -= bytes;
  }
  return written.map(({ item, index, json }) => {
    const common = { id: item.id, weight: weightOf(item), bytes: sizes[index]?.bytes ?? 0 };
    if (!away.has(index)) return { ...common, json };
    return {
      ...common,
      bodyKey: `conversations/${name.projectId}/${name.id}/${append}-${index}`,
      body: Buffer.from(json),
    };
  });
}

/** `append` tells who wrote it, for a writer who has not heard whether he did. */
export function rowAt(name: Name, position: number, append: string, row: PendingRow) {
  const { id, weight, bytes } = row;
  const where = 'json' in row ? { json: row.json } : { bodyKey: row.bodyKey };
  return { conversation: partitionOf(name), place: itemPlace(position), id, weight, bytes, append, ...where };
}

/** Undefined where its body has just been deleted. Store down: 503 (I12). */
export async function itemIn(bodies: BodyStore, row: ItemRow): Promise<PlacedItem | undefined> {
  const body = row.bodyKey === undefined ? undefined : await orRefuse(bodies.get(row.bodyKey));
  const json = row.json ?? (body && Buffer.from(body).toString('utf8'));
  return json === undefined ? undefined : { position: positionOf(row.place), item: JSON.parse(json) as Item };
}
