/** Blocked addresses, for all instances. Their outage unblocks nobody's key: whoever asks goes on without them (I12). */
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';

export interface BlockedAddressStore {
  /** Until when, in Unix seconds; undefined where it is not. May lag behind a moment. */
  blockedUntil(id: string): Promise<number | undefined>;
  block(id: string, until: number): Promise<void>;
}

const itemSchema = z.object({ expiresAt: z.int() });

export const dynamoBlockedAddressStore = (db: DynamoDBDocumentClient, TableName: string): BlockedAddressStore => ({
  async blockedUntil(id) {
    const { Item } = await db.send(new GetCommand({ TableName, Key: { id } }));
    return Item && itemSchema.parse(Item).expiresAt;
  },

  async block(id, until) {
    await db.send(new PutCommand({ TableName, Item: { id, expiresAt: until } }));
  },
});
