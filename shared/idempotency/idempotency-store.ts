/** Who is at work under an Idempotency-Key, and the answer once there is one. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { orRefuse } from '../dynamo/outage.ts';

const claim = {
  id: z.string(),
  bodyDigest: z.string(),
  /** The request that is at work, or was. */
  claimedBy: z.string(),
  claimedAtMs: z.int(),
  /** Unix seconds. DynamoDB drops expired items days late, so every condition asks as well. */
  expiresAt: z.int(),
};

const recordSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('claimed'), ...claim }),
  z.object({ state: z.literal('answered'), ...claim, answer: z.instanceof(Uint8Array) }),
  /** Too large for an item: where the body is. */
  z.object({ state: z.literal('stored'), ...claim, bodyKey: z.string() }),
]);
export type IdempotencyRecord = z.infer<typeof recordSchema>;
export type Kept = { readonly answer: Uint8Array } | { readonly bodyKey: string };
export type Claim = Omit<Extract<IdempotencyRecord, { state: 'claimed' }>, 'state'>;

export interface IdempotencyStore {
  /** `claimed` for exactly one of many rivals; for the others what is there, or `gone` when it has just been given back. */
  claim(claim: Claim): Promise<'claimed' | 'gone' | IdempotencyRecord>;
  /** For who waits for another's answer. Store down: 503 (I12). */
  find(id: string): Promise<'gone' | IdempotencyRecord>;
  /**
   * Until the claim's `expiresAt`, which may be another than it was claimed with. Throws where the store is down: the
   * answer is on its way, and a repetition will be told that it is not known (I12: go on).
   */
  keep(claim: Claim, kept: Kept): Promise<void>;
  /** Gives the key back, for another try. Throws likewise. */
  release(claim: Claim): Promise<void>;
}

/** Expired rows, and others' claims, are never written over by who comes late. */
const stillMine = 'claimedBy = :me';

export const dynamoIdempotencyStore = (db: DynamoDBDocumentClient, TableName: string): IdempotencyStore => {
  const find = async (id: string): Promise<'gone' | IdempotencyRecord> => {
    const { Item } = await orRefuse(db.send(new GetCommand({ TableName, Key: { id }, ConsistentRead: true })));
    return Item ? recordSchema.parse(Item) : 'gone';
  };

  return {
    find,

    async claim(wanted) {
      const command = new PutCommand({
        TableName,
        Item: { ...wanted, state: 'claimed' },
        ConditionExpression: 'attribute_not_exists(id) OR expiresAt <= :now',
        ExpressionAttributeValues: { ':now': Math.floor(wanted.claimedAtMs / 1000) },
      });
      try {
        await db.send(command);
        return 'claimed';
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) return orRefuse(Promise.reject(error));
      }
      const found = await find(wanted.id);
      // The SDK repeats a write whose answer was lost, and then meets its own.
      return found !== 'gone' && found.state === 'claimed' && found.claimedBy === wanted.claimedBy ? 'claimed' : found;
    },

    async keep({ id, claimedBy, expiresAt }, kept) {
      const [state, name, value] =
        'answer' in kept ? ['answered', 'answer', kept.answer] : ['stored', 'bodyKey', kept.bodyKey];
      const command = new UpdateCommand({
        TableName,
        Key: { id },
        UpdateExpression: 'SET #state = :state, #kept = :kept, expiresAt = :expiresAt',
        ConditionExpression: stillMine,
        ExpressionAttributeNames: { '#state': 'state', '#kept': name as string },
        ExpressionAttributeValues: { ':state': state, ':kept': value, ':expiresAt': expiresAt, ':me': claimedBy },
      });
      await db.send(command);
    },

    async release({ id, claimedBy }) {
      const command = new DeleteCommand({
        TableName,
        Key: { id },
        // An answer that was kept, though nobody heard of it, stays.
        ConditionExpression: `${stillMine} AND #state = :claimed`,
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':me': claimedBy, ':claimed': 'claimed' },
      });
      await db.send(command);
    },
  };
};
