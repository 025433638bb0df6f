/**
 * The lanes of projects: each is one worker's place at its batches, which a worker holds by a lease. What a lane has in
 * hand stays in its hand when its worker dies: the next one goes on with it.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  QueryCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { leaseIsFree, leaseIsMine, whereItHolds } from '../dynamo/lease.ts';
import { orRefuse } from '../dynamo/outage.ts';

export type LaneKey = { readonly projectId: string; readonly lane: number };

export type Lease = { readonly workerId: string; readonly untilMs: number };

const inHandSchema = z.discriminatedUnion('work', [
  z.object({ batchId: z.string(), work: z.literal('validation') }),
  z.object({ batchId: z.string(), work: z.literal('chunk'), chunk: z.int() }),
  z.object({ batchId: z.string(), work: z.literal('end') }),
]);
export type InHand = z.infer<typeof inHandSchema>;

const laneSchema = z.object({
  id: z.string(),
  workerId: z.optional(z.string()),
  leasedUntilMs: z.optional(z.int()),
  /** When a worker was last seen in it, or one was called. */
  seenAtMs: z.int(),
  /** The one message that goes around for it; others that come for it are left overs. */
  messageId: z.optional(z.string()),
  inHand: z.optional(inHandSchema),
});
export type Lane = { readonly lane: number } & Pick<
  z.infer<typeof laneSchema>,
  'leasedUntilMs' | 'seenAtMs' | 'inHand'
>;

export type ClaimedLane =
  | {
      readonly kind: 'claimed';
      readonly inHand: InHand | undefined;
      /** Whoever had it before has not left it: it is dead, or as good as dead. */
      readonly afterDeath: boolean;
    }
  /** Another worker is in it. */
  | { readonly kind: 'held'; readonly untilMs: number }
  /** Another message has taken the place of this one. */
  | { readonly kind: 'superseded' };

export type Claim = {
  readonly lease: Lease;
  readonly nowMs: number;
  /** Absent: of whoever calls for a worker anew, which takes the place of what goes around. */
  readonly messageId?: string | undefined;
};

/** Store down: 503, and the message is delivered again (I12). */
export interface LaneStore {
  /** By one of many rivals. Whoever repeats a claim whose answer was lost still has it. */
  claim(key: LaneKey, claim: Claim): Promise<ClaimedLane>;
  /** False where another has it by now. */
  renew(key: LaneKey, lease: Lease, nowMs: number): Promise<boolean>;
  /** A message has been sent on for it. */
  leave(key: LaneKey, workerId: string, messageId: string, nowMs: number): Promise<void>;
  /** Nothing is left to be done. */
  close(key: LaneKey, workerId: string): Promise<void>;
  /** A worker has been called for it. */
  called(key: LaneKey, nowMs: number): Promise<void>;
  all(projectId: string): Promise<Lane[]>;
}

const prefix = 'lane_';
export const laneRowKey = ({ projectId, lane }: LaneKey) => ({ projectId, id: `${prefix}${lane}` });

export function dynamoLaneStore(db: DynamoDBDocumentClient, TableName: string): LaneStore {
  const update = (key: LaneKey, input: Omit<UpdateCommandInput, 'TableName' | 'Key'>) =>
    db.send(new UpdateCommand({ TableName, Key: laneRowKey(key), ...input }));

  async function all(projectId: string): Promise<z.infer<typeof laneSchema>[]> {
    const { Items = [] } = await orRefuse(
      db.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'projectId = :project AND begins_with(id, :prefix)',
          ExpressionAttributeValues: { ':project': projectId, ':prefix': prefix },
          ConsistentRead: true,
        }),
      ),
    );
    return Items.map((item) => laneSchema.parse(item));
  }

  return {
    async claim(key, { lease: { workerId, untilMs }, nowMs, messageId }) {
      const isRight = '(attribute_not_exists(messageId) OR messageId = :message)';
      try {
        const { Attributes } = await update(key, {
          UpdateExpression: 'SET workerId = :worker, leasedUntilMs = :until, seenAtMs = :now',
          ConditionExpression: messageId === undefined ? leaseIsFree : `${leaseIsFree} AND ${isRight}`,
          ExpressionAttributeValues: {
            ':worker': workerId,
            ':until': untilMs,
            ':now': nowMs,
            ...(messageId !== undefined && { ':message': messageId }),
          },
          ReturnValues: 'ALL_OLD',
        });
        // Of an item that was not there some engines give the key as what it was before.
        const before = Attributes?.['seenAtMs'] === undefined ? undefined : laneSchema.parse(Attributes);
        const afterDeath = before?.workerId !== undefined && before.workerId !== workerId;
        return { kind: 'claimed', inHand: before?.inHand, afterDeath };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) return orRefuse(Promise.reject(error));
      }
      const { id } = laneRowKey(key);
      const row = (await all(key.projectId)).find((lane) => lane.id === id);
      const heldUntilMs = row?.leasedUntilMs ?? 0;
      if (heldUntilMs > nowMs) return { kind: 'held', untilMs: heldUntilMs };
      // Whoever had it has left it in the meantime, to this message or to another.
      const isSuperseded = row?.messageId !== undefined && row.messageId !== messageId;
      return isSuperseded ? { kind: 'superseded' } : { kind: 'held', untilMs: nowMs };
    },

    renew: (key, { workerId, untilMs }, nowMs) =>
      whereItHolds(
        update(key, {
          UpdateExpression: 'SET leasedUntilMs = :until, seenAtMs = :now',
          ConditionExpression: leaseIsMine,
          ExpressionAttributeValues: { ':worker': workerId, ':until': untilMs, ':now': nowMs },
        }),
      ),

    async leave(key, workerId, messageId, nowMs) {
      await whereItHolds(
        update(key, {
          UpdateExpression: 'SET messageId = :message, seenAtMs = :now REMOVE workerId, leasedUntilMs',
          ConditionExpression: leaseIsMine,
          ExpressionAttributeValues: { ':worker': workerId, ':message': messageId, ':now': nowMs },
        }),
      );
    },

    async close(key, workerId) {
      await whereItHolds(
        db.send(
          new DeleteCommand({
            TableName,
            Key: laneRowKey(key),
            ConditionExpression: `${leaseIsMine} AND attribute_not_exists(inHand)`,
            ExpressionAttributeValues: { ':worker': workerId },
          }),
        ),
      );
    },

    async called(key, nowMs) {
      await orRefuse(
        update(key, { UpdateExpression: 'SET seenAtMs = :now', ExpressionAttributeValues: { ':now': nowMs } }),
      );
    },

    async all(projectId) {
      const rows = await all(projectId);
      return rows.map(({ id, leasedUntilMs, seenAtMs, inHand }) => ({
        lane: Number(id.slice(prefix.length)),
        seenAtMs,
        ...(leasedUntilMs !== undefined && { leasedUntilMs }),
        ...(inHand && { inHand }),
      }));
    },
  };
}
