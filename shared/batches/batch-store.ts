/** Batches, each under its project (I5). Store down: 503, and a worker's message is delivered again (I12). */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { orRefuse } from '../dynamo/outage.ts';
import { type Page, type PageRequest, pageOf } from '../http/page.ts';
import { type Batch, type BatchError, type BatchKey, type BatchStatus, batchSchema, type Ending } from './batch.ts';
import { keyOf, type PendingBatch, pendingBatchSchema, rowOf, statusIn, sweepable } from './batch-row.ts';

export type WrapUp = {
  readonly ending: Ending;
  readonly errors: readonly BatchError[];
  /** Unix seconds. */
  readonly at: number;
};

export interface BatchStore {
  /** What is there already under that id stays, and is given back. */
  create(batch: Batch): Promise<Batch>;
  get(key: BatchKey): Promise<Batch | undefined>;
  /** Newest first. */
  list(projectId: string, page: PageRequest): Promise<Page<Batch>>;
  /** Of one project, oldest first, as they are now. */
  unfinished(projectId: string): Promise<PendingBatch[]>;
  /** Whose projects have some; a moment behind. */
  atWork(): AsyncIterable<string>;
  /** False where somebody is at it already: then it stays. */
  remove(key: BatchKey): Promise<boolean>;
  /** Undefined where it has ended, or is about to. */
  cancel(key: BatchKey, at: number): Promise<Batch | undefined>;
  /** No line of it is begun any more. Without effect where it is past that. */
  wrapUp(key: BatchKey, wrapUp: WrapUp): Promise<void>;
  /** The same where every line has an answer and nobody is at it. */
  complete(batch: PendingBatch, at: number): Promise<void>;
  /** It may be tried again at once: a line of it was answered. */
  goOn(key: BatchKey): Promise<void>;
}

const names = { '#status': 'status' };
/** Of batches. Lanes are of the same partition, and come behind. */
const [firstId, lastId] = ['batch_', 'batch_~'] as const;
const projectSchema = z.object({ projectId: z.string() });

export function dynamoBatchStore(db: DynamoDBDocumentClient, TableName: string): BatchStore {
  /** Undefined where the condition did not hold. */
  async function changed(
    key: BatchKey,
    input: Omit<UpdateCommandInput, 'TableName' | 'Key'>,
  ): Promise<Batch | undefined> {
    try {
      const command = new UpdateCommand({ TableName, Key: keyOf(key), ReturnValues: 'ALL_NEW', ...input });
      return batchSchema.parse((await db.send(command)).Attributes);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      return orRefuse(Promise.reject(error));
    }
  }

  const get: BatchStore['get'] = async (key) => {
    const command = new GetCommand({ TableName, Key: keyOf(key), ConsistentRead: true });
    const { Item } = await orRefuse(db.send(command));
    return Item && batchSchema.parse(Item);
  };

  const ended = (from: readonly BatchStatus[], and = '') => {
    const { condition, values } = statusIn(from);
    return { ConditionExpression: `${condition}${and}`, values };
  };

  return {
    get,

    async create(batch) {
      const command = new PutCommand({
        TableName,
        Item: rowOf(batch),
        ConditionExpression: 'attribute_not_exists(id)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        await db.send(command);
        return batch;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) return orRefuse(Promise.reject(error));
      }
      return (await get(batch)) ?? batch;
    },

    async list(projectId, { after, limit }) {
      if (after !== undefined && after < firstId) return pageOf([], limit);
      // DynamoDB takes no start from outside of what is asked for.
      const start = after !== undefined && after <= lastId ? { projectId, id: after } : undefined;
      const { Items = [], LastEvaluatedKey } = await orRefuse(
        db.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: 'projectId = :project AND id BETWEEN :from AND :to',
            ExpressionAttributeValues: { ':project': projectId, ':from': firstId, ':to': lastId },
            ...(start && { ExclusiveStartKey: start }),
            ScanIndexForward: false,
            ConsistentRead: true,
            Limit: limit + 1,
          }),
        ),
      );
      const { items, hasMore } = pageOf(
        Items.map((item) => batchSchema.parse(item)),
        limit,
      );
      // Batches with many errors fill a page of DynamoDB's, which is as much as one answer should have.
      return { items, hasMore: hasMore || LastEvaluatedKey !== undefined };
    },

    async unfinished(projectId) {
      const found: PendingBatch[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const page = await orRefuse(
          db.send(
            new QueryCommand({
              TableName,
              IndexName: 'unfinished',
              KeyConditionExpression: 'projectId = :project',
              ExpressionAttributeValues: { ':project': projectId },
              ConsistentRead: true,
              ExclusiveStartKey: start,
            }),
          ),
        );
        found.push(...(page.Items ?? []).map((item) => pendingBatchSchema.parse(item)));
        start = page.LastEvaluatedKey;
      } while (start);
      // Under an Idempotency-Key an id is not in the order of time.
      return found.sort((a, b) => a.createdAtMs - b.createdAtMs);
    },

    async *atWork() {
      const seen = new Set<string>();
      let start: Record<string, unknown> | undefined;
      do {
        const page = await db.send(
          new QueryCommand({
            TableName,
            IndexName: 'sweepable',
            KeyConditionExpression: 'sweepable = :sweepable',
            ExpressionAttributeValues: { ':sweepable': sweepable },
            ExclusiveStartKey: start,
          }),
        );
        for (const item of page.Items ?? []) {
          const { projectId } = projectSchema.parse(item);
          if (!seen.has(projectId)) yield projectId;
          seen.add(projectId);
        }
        start = page.LastEvaluatedKey;
      } while (start);
    },

    async remove(key) {
      const command = new DeleteCommand({
        TableName,
        Key: keyOf(key),
        ConditionExpression: 'attribute_not_exists(id) OR (#status = :validating AND atWork = :nobody)',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ':validating': 'validating', ':nobody': 0 },
      });
      try {
        await db.send(command);
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        return orRefuse(Promise.reject(error));
      }
    },

    cancel(key, at) {
      const { ConditionExpression, values } = ended(['validating', 'in_progress']);
      return changed(key, {
        UpdateExpression: 'SET #status = :cancelling, ending = :cancelled, times.cancelling = :at, notBeforeMs = :now',
        ConditionExpression,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: {
          ...values,
          ':cancelling': 'cancelling',
          ':cancelled': 'cancelled',
          ':at': at,
          ':now': 0,
        },
      });
    },

    async wrapUp(key, { ending, errors, at }) {
      const { ConditionExpression, values } = ended(['validating', 'in_progress']);
      await changed(key, {
        UpdateExpression:
          'SET #status = :finalizing, ending = :ending, #errors = :errors, times.finalizing = :at, notBeforeMs = :now',
        ConditionExpression,
        ExpressionAttributeNames: { ...names, '#errors': 'errors' },
        ExpressionAttributeValues: {
          ...values,
          ':finalizing': 'finalizing',
          ':ending': ending,
          ':errors': errors,
          ':at': at,
          ':now': 0,
        },
      });
    },

    async complete(batch, at) {
      const { ConditionExpression, values } = ended(
        ['in_progress'],
        ' AND atWork = :nobody AND nextChunk = chunks AND size(returned) = :nobody',
      );
      await changed(batch, {
        UpdateExpression:
          'SET #status = :finalizing, ending = :completed, times.finalizing = :at, notBeforeMs = :nobody',
        ConditionExpression,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: {
          ...values,
          ':finalizing': 'finalizing',
          ':completed': 'completed',
          ':at': at,
          ':nobody': 0,
        },
      });
    },

    async goOn(key) {
      await changed(key, {
        UpdateExpression: 'SET waits = :none',
        ConditionExpression: 'waits > :none',
        ExpressionAttributeValues: { ':none': 0 },
      });
    },
  };
}
