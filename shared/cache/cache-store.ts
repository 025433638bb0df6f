/** Cached answers by their keys. Losing one, or not finding it, is no harm: whoever calls catches and goes on (I12). */
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';

const common = {
  id: z.string(),
  storedAtMs: z.int(),
  /** Unix seconds. DynamoDB drops expired items days late, so it is asked of every item that is found. */
  expiresAt: z.int(),
};

const entrySchema = z.discriminatedUnion('kept', [
  z.object({ kept: z.literal('here'), ...common, body: z.instanceof(Uint8Array) }),
  /** In the store of bodies. */
  z.object({ kept: z.literal('elsewhere'), ...common, bodyKey: z.string() }),
]);
export type CacheEntry = z.infer<typeof entrySchema>;

export interface CacheStore {
  /** Rejects, too, when it takes too long: asking the provider is no worse. */
  find(id: string): Promise<CacheEntry | undefined>;
  /** In place of an older one. */
  put(entry: CacheEntry): Promise<void>;
}

/** A caller waits for this, whose call could have gone on without it. */
const findWithinMs = 1_500;

export const dynamoCacheStore = (db: DynamoDBDocumentClient, TableName: string): CacheStore => ({
  async find(id) {
    // An answer that was stored a moment ago may be missed, at half the price of always seeing it.
    const inTime = { abortSignal: AbortSignal.timeout(findWithinMs) };
    const { Item } = await db.send(new GetCommand({ TableName, Key: { id } }), inTime);
    return Item && entrySchema.parse(Item);
  },

  async put(entry) {
    await db.send(new PutCommand({ TableName, Item: entry }));
  },
});
