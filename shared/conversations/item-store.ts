/** The items of conversations, as they are read. Reading follows every write that was acknowledged. Store down: 503 (I12). */
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { BodyStore } from '../bodies/body-store.ts';
import { orRefuse } from '../dynamo/outage.ts';
import type { Page } from '../http/page.ts';
import type { PlacedItem } from './item.ts';
import { type ItemRow, itemIn, itemRowSchema } from './item-row.ts';
import { bodyPlace, itemPlace, type Name, partitionOf } from './places.ts';

export type Order = 'asc' | 'desc';

/** Positions: `from` is the first of them, `upTo` the first that is none. */
export type Span = { readonly from: number; readonly upTo: number };
export const everything: Span = { from: 0, upTo: Number.MAX_SAFE_INTEGER };

export interface ItemStore {
  /** Of those, in that order, as many as it may be; one at the least, however large. */
  within(
    name: Name,
    span: Span,
    order: Order,
    bounds: { readonly most: number; readonly mostBytes?: number },
  ): Promise<Page<PlacedItem>>;
  /** Rows, newest first, without their bodies: for who may not need them all. `pages` says how many each look takes. */
  newestRows(name: Name, span: Span, pages: (look: number) => number): AsyncIterable<ItemRow>;
  /** The item of a row; undefined where it has just been deleted. */
  open(row: ItemRow): Promise<PlacedItem | undefined>;
  find(name: Name, id: string): Promise<PlacedItem | undefined>;
  /** With its body. False where there was none. */
  remove(name: Name, id: string): Promise<boolean>;
}

const keysSchema = z.object({ place: z.string() });

/** A page of a listing is a hundred items, of which any may be in the bucket. */
const bodiesAtOnce = 20;
const largestPlace = 999_999_999_999;

export function dynamoItemStore(db: DynamoDBDocumentClient, TableName: string, bodies: BodyStore): ItemStore {
  const open = (row: ItemRow) => itemIn(bodies, row);

  async function query(input: Omit<QueryCommandInput, 'TableName'>) {
    const command = new QueryCommand({ TableName, ConsistentRead: true, ...input });
    return orRefuse(db.send(command));
  }

  const between = (name: Name, { from, upTo }: Span, order: Order): Omit<QueryCommandInput, 'TableName'> => ({
    KeyConditionExpression: 'conversation = :conversation AND place BETWEEN :from AND :last',
    ExpressionAttributeValues: {
      ':conversation': partitionOf(name),
      ':from': itemPlace(from),
      ':last': itemPlace(Math.min(upTo - 1, largestPlace)),
    },
    ScanIndexForward: order === 'asc',
  });

  async function* rows(name: Name, span: Span, order: Order, pages: (look: number) => number): AsyncGenerator<ItemRow> {
    if (span.upTo <= span.from) return;
    let start: Record<string, unknown> | undefined;
    let look = 0;
    do {
      const paged = { Limit: pages(look), ...(start && { ExclusiveStartKey: start }) };
      const { Items = [], LastEvaluatedKey } = await query({ ...between(name, span, order), ...paged });
      for (const item of Items) yield itemRowSchema.parse(item);
      start = LastEvaluatedKey;
      look += 1;
    } while (start);
  }

  async function rowOf(name: Name, id: string): Promise<ItemRow | undefined> {
    const { Items = [] } = await query({
      IndexName: 'byId',
      KeyConditionExpression: 'conversation = :conversation AND id = :id',
      ExpressionAttributeValues: { ':conversation': partitionOf(name), ':id': id },
      Limit: 1,
    });
    if (!Items[0]) return undefined;
    const { place } = keysSchema.parse(Items[0]);
    const Key = { conversation: partitionOf(name), place };
    const { Item } = await orRefuse(db.send(new GetCommand({ TableName, Key, ConsistentRead: true })));
    return Item && itemRowSchema.parse(Item);
  }

  return {
    open,
    newestRows: (name, span, pages) => rows(name, span, 'desc', pages),

    async within(name, span, order, { most, mostBytes = Number.POSITIVE_INFINITY }) {
      const items: PlacedItem[] = [];
      let found: ItemRow[] = [];
      let bytes = 0;
      const openFound = async () => {
        const opened = await Promise.all(found.map(open));
        items.push(...opened.filter((item) => item !== undefined));
        found = [];
      };
      for await (const row of rows(name, span, order, () => most + 1)) {
        // Of those that are just being deleted there is nothing to show: others take their place.
        if (found.length === bodiesAtOnce || items.length + found.length === most) await openFound();
        if (items.length === most) return { items, hasMore: true };
        bytes += row.bytes;
        if (bytes > mostBytes && items.length + found.length > 0) {
          await openFound();
          return { items, hasMore: true };
        }
        found.push(row);
      }
      await openFound();
      return { items, hasMore: false };
    },

    async find(name, id) {
      const row = await rowOf(name, id);
      return row && open(row);
    },

    async remove(name, id) {
      const row = await rowOf(name, id);
      if (!row) return false;
      const { conversation, place, bodyKey } = row;
      // The body first: what is left of one that was killed between can be deleted again.
      if (bodyKey !== undefined) await orRefuse(bodies.delete(bodyKey));
      const { Attributes } = await orRefuse(
        db.send(new DeleteCommand({ TableName, Key: { conversation, place }, ReturnValues: 'ALL_OLD' })),
      );
      if (bodyKey !== undefined) {
        await orRefuse(db.send(new DeleteCommand({ TableName, Key: { conversation, place: bodyPlace(bodyKey) } })));
      }
      // Somebody else may have been first.
      return Attributes !== undefined;
    },
  };
}
