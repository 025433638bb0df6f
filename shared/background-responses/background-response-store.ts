/** Responses that are to be made, each under its project (I5), and which worker is at it. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { BodyStore } from '../bodies/body-store.ts';
import { leaseIsFree, leaseIsMine, whereItHolds } from '../dynamo/lease.ts';
import { orRefuse } from '../dynamo/outage.ts';
import { type BackgroundResponse, keptSeconds } from './background-response.ts';

export type BackgroundKey = Pick<BackgroundResponse, 'projectId' | 'id'>;

export type Lease = { readonly workerId: string; readonly untilMs: number };

export type Claimed =
  | { readonly kind: 'claimed'; readonly response: BackgroundResponse }
  /** Another worker is at it. */
  | { readonly kind: 'held'; readonly untilMs: number }
  /** It has ended, was cancelled, or was deleted. */
  | { readonly kind: 'gone' };

/** Store down: 503 (I12). A worker that is refused leaves its message to be delivered again. */
export interface BackgroundResponseStore {
  create(response: BackgroundResponse): Promise<void>;
  /** By one of many rivals, where nobody has it or whoever had it is dead. */
  claim(key: BackgroundKey, lease: Lease, nowMs: number): Promise<Claimed>;
  /** False where it is no longer this worker's: it was cancelled or deleted, or another has taken it over. */
  renew(key: BackgroundKey, lease: Lease): Promise<boolean>;
  isHeldBy(key: BackgroundKey, workerId: string): Promise<boolean>;
  /** It has to wait: the next one to ask may claim it. */
  release(key: BackgroundKey, workerId: string): Promise<void>;
  /** Nobody is to make it any more; its request goes with it. */
  remove(key: BackgroundKey): Promise<void>;
}

const rowSchema = z.object({
  projectId: z.string(),
  id: z.string(),
  apiKeyId: z.string(),
  request: z.optional(z.string()),
  /** Too large for an item that is looked at every second. */
  bodyKey: z.optional(z.string()),
  createdAtMs: z.int(),
  waits: z.int(),
  workerId: z.optional(z.string()),
  leasedUntilMs: z.optional(z.int()),
});
type Row = z.infer<typeof rowSchema>;

/** Of whatever is known of it. */
const keyOf = ({ projectId, id }: BackgroundKey): BackgroundKey => ({ projectId, id });

const maxItemBytes = 16_384;

export function dynamoBackgroundResponseStore(
  db: DynamoDBDocumentClient,
  TableName: string,
  bodies: BodyStore,
): BackgroundResponseStore {
  const update = (key: BackgroundKey, input: Omit<UpdateCommandInput, 'TableName' | 'Key'>) =>
    db.send(new UpdateCommand({ TableName, Key: keyOf(key), ...input }));

  async function withRequest({ request, bodyKey, workerId: _, leasedUntilMs: __, ...row }: Row): Promise<Claimed> {
    if (request !== undefined) return { kind: 'claimed', response: { ...row, request } };
    const body = bodyKey === undefined ? undefined : await orRefuse(bodies.get(bodyKey));
    // Removed since it was claimed.
    if (!body) return { kind: 'gone' };
    return { kind: 'claimed', response: { ...row, request: Buffer.from(body).toString('utf8') } };
  }

  return {
    async create({ request, ...response }) {
      const { projectId, id, createdAtMs } = response;
      const isLarge = Buffer.byteLength(request) > maxItemBytes;
      const bodyKey = `responses/${projectId}/${id}/request`;
      if (isLarge) await orRefuse(bodies.put(bodyKey, Buffer.from(request)));
      const expiresAt = Math.floor(createdAtMs / 1000) + keptSeconds;
      const Item = { ...response, ...(isLarge ? { bodyKey } : { request }), expiresAt };
      await orRefuse(db.send(new PutCommand({ TableName, Item })));
    },

    async claim(key, { workerId, untilMs }, nowMs) {
      try {
        const { Attributes } = await update(key, {
          UpdateExpression: 'SET workerId = :worker, leasedUntilMs = :until',
          ConditionExpression: `attribute_exists(id) AND ${leaseIsFree}`,
          ExpressionAttributeValues: { ':worker': workerId, ':until': untilMs, ':now': nowMs },
          ReturnValues: 'ALL_NEW',
        });
        return await withRequest(rowSchema.parse(Attributes));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) return orRefuse(Promise.reject(error));
      }
      const { Item } = await orRefuse(
        db.send(
          new GetCommand({
            TableName,
            Key: keyOf(key),
            ConsistentRead: true,
            ProjectionExpression: 'id, leasedUntilMs',
          }),
        ),
      );
      return Item ? { kind: 'held', untilMs: Number(Item['leasedUntilMs'] ?? nowMs) } : { kind: 'gone' };
    },

    renew: (key, { workerId, untilMs }) =>
      whereItHolds(
        update(key, {
          UpdateExpression: 'SET leasedUntilMs = :until',
          ConditionExpression: leaseIsMine,
          ExpressionAttributeValues: { ':worker': workerId, ':until': untilMs },
        }),
      ),

    async isHeldBy(key, workerId) {
      const command = new GetCommand({
        TableName,
        Key: keyOf(key),
        ConsistentRead: true,
        ProjectionExpression: 'workerId',
      });
      const { Item } = await orRefuse(db.send(command));
      return Item?.['workerId'] === workerId;
    },

    async release(key, workerId) {
      await whereItHolds(
        update(key, {
          UpdateExpression: 'REMOVE workerId, leasedUntilMs ADD waits :one',
          ConditionExpression: leaseIsMine,
          ExpressionAttributeValues: { ':worker': workerId, ':one': 1 },
        }),
      );
    },

    async remove(key) {
      const { Attributes } = await orRefuse(
        db.send(new DeleteCommand({ TableName, Key: keyOf(key), ReturnValues: 'ALL_OLD' })),
      );
      const { bodyKey } = Attributes ? rowSchema.parse(Attributes) : {};
      if (bodyKey !== undefined) await orRefuse(bodies.delete(bodyKey));
    },
  };
}
