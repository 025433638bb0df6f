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
]);
export type IdempotencyRecord = z.infer<typeof recordSchema>;
export type Claim = Omit<Extract<IdempotencyRecord, { state: 'claimed' }>, 'state'>;

export interface IdempotencyStore {
  /** `claimed` for exactly one of many rivals; for the others what is there, or `gone` when it has just been given back. */
  claim(claim: Claim): Promise<'claimed' | 'gone' | IdempotencyRecord>;
  /** Throws where the store is down: the answer is on its way, and a repetition will be told that it is not known (I12: go on). */
  keep(claim: Claim, answer: Uint8Array): Promise<void>;
  /** Gives the key back, for another try. Throws likewise. */
  release(claim: Claim): Promise<void>;
}

/** Expired rows, and others' claims, are never written over by who comes late. */
const stillMine = 'claimedBy = :me';

export const dynamoIdempotencyStore = (db: DynamoDBDocumentClient, TableName: string): IdempotencyStore => ({
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
    const { Item } = await orRefuse(
      db.send(new GetCommand({ TableName, Key: { id: wanted.id }, ConsistentRead: true })),
    );
    return Item ? recordSchema.parse(Item) : 'gone';
  },

  async keep({ id, claimedBy }, answer) {
    const command = new UpdateCommand({
      TableName,
      Key: { id },
      UpdateExpression: 'SET #state = :answered, answer = :answer',
      ConditionExpression: stillMine,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':answered': 'answered', ':answer': answer, ':me': claimedBy },
    });
    await db.send(command);
  },

  async release({ id, claimedBy }) {
    const command = new DeleteCommand({
      TableName,
      Key: { id },
      ConditionExpression: stillMine,
      ExpressionAttributeValues: { ':me': claimedBy },
    });
    await db.send(command);
  },
});
