/**
 * What lanes take of batches and what becomes of it, each in one transaction of the lane with the batch: a piece of work
 * is in the hand of one lane, or done, or there to be taken, and never two of these. Store down: 503 (I12).
 */
import { leaseIsMine } from '../dynamo/lease.ts';
import { type TransactDeps, type TransactItem, transact } from '../dynamo/transaction.ts';
import type { Batch, BatchError, BatchKey, Counts } from './batch.ts';
import { endsIt, keyOf, type PendingBatch, statusIn } from './batch-row.ts';
import { addedCounts, statusName, taken, type Update } from './batch-writes.ts';
import { difference } from './counts.ts';
import { type InHand, type LaneKey, laneRowKey } from './lane-store.ts';
import { chunkPlace, partitionOf } from './line-row.ts';
import type { LineStore } from './line-store.ts';

/** Who does it, in which lane. */
export type Hand = LaneKey & { readonly workerId: string };

export type Taking = { readonly batch: PendingBatch; readonly inHand: InHand; readonly output: Batch['output'] };

export type ChunkEnd = {
  readonly chunk: number;
  readonly done: boolean;
  readonly before: Counts;
  readonly after: Counts;
  /** Nothing of the batch is begun before then: it had to wait. */
  readonly notBeforeMs?: number;
};

export type Result = Counts & {
  readonly status: Extract<Batch['status'], 'completed' | 'expired' | 'failed' | 'cancelled'>;
  /** Unix seconds. */
  readonly at: number;
  readonly outputFileId: string | null;
  readonly errorFileId: string | null;
  readonly errors: readonly BatchError[];
};

export type Validated = {
  readonly chunks: number;
  readonly total: number;
  readonly model: string | null;
  readonly at: number;
};

export interface TaskStore {
  /** False where another was faster, or it is past that. */
  take(hand: Hand, taking: Taking): Promise<boolean>;
  /** False where it is not this hand's any more: nothing has changed then. */
  validated(hand: Hand, key: BatchKey, found: Validated): Promise<boolean>;
  refused(hand: Hand, key: BatchKey, errors: readonly BatchError[], at: number): Promise<boolean>;
  ended(hand: Hand, key: BatchKey, result: Result): Promise<boolean>;
  /** Whatever it was is there to be taken again. */
  putBack(hand: Hand, key: BatchKey, notBeforeMs?: number): Promise<void>;
  /**
   * Of a chunk that goes on: what has been answered so far. What is told to have been before is put right where it was not
   * so. Without effect where it is not this hand's any more: whoever has it may have counted further.
   */
  count(hand: Hand, key: BatchKey, count: Omit<ChunkEnd, 'done' | 'notBeforeMs'>): Promise<Counts>;
  /** False where it is not this hand's any more. What was answered counts all the same. */
  endChunk(hand: Hand, key: BatchKey, end: ChunkEnd): Promise<boolean>;
}

export function dynamoTaskStore(
  deps: TransactDeps,
  names: { readonly batches: string; readonly batchLines: string },
  lines: Pick<LineStore, 'chunk'>,
): TaskStore {
  const ofBatch = (key: BatchKey, update: Update): TransactItem => ({
    Update: { TableName: names.batches, Key: keyOf(key), ...update },
  });

  const inHands = ({ workerId, ...lane }: Hand, inHand: InHand): TransactItem => ({
    Update: {
      TableName: names.batches,
      Key: laneRowKey(lane),
      UpdateExpression: 'SET inHand = :hand',
      ConditionExpression: `${leaseIsMine} AND attribute_not_exists(inHand)`,
      ExpressionAttributeValues: { ':worker': workerId, ':hand': inHand },
    },
  });

  const fromHands = ({ workerId, ...lane }: Hand, { id }: BatchKey): TransactItem => ({
    Update: {
      TableName: names.batches,
      Key: laneRowKey(lane),
      UpdateExpression: 'REMOVE inHand',
      ConditionExpression: `${leaseIsMine} AND inHand.batchId = :batch`,
      ExpressionAttributeValues: { ':worker': workerId, ':batch': id },
    },
  });

  const stillInHands = ({ workerId, ...lane }: Hand, { id }: BatchKey): TransactItem => ({
    ConditionCheck: {
      TableName: names.batches,
      Key: laneRowKey(lane),
      ConditionExpression: `${leaseIsMine} AND inHand.batchId = :batch`,
      ExpressionAttributeValues: { ':worker': workerId, ':batch': id },
    },
  });

  const chunkCounts = (key: BatchKey, chunk: number, before: Counts, after: Counts, done: boolean): TransactItem => ({
    Update: {
      TableName: names.batchLines,
      Key: { batch: partitionOf(key), place: chunkPlace(chunk) },
      UpdateExpression: 'SET completed = :completed, failed = :failed, #usage = :usage, done = :done',
      ConditionExpression: 'completed = :wasCompleted AND failed = :wasFailed AND done = :no',
      ExpressionAttributeNames: { '#usage': 'usage' },
      ExpressionAttributeValues: {
        ':completed': after.completed,
        ':failed': after.failed,
        ':usage': after.usage,
        ':done': done,
        ':no': false,
        ':wasCompleted': before.completed,
        ':wasFailed': before.failed,
      },
    },
  });

  const done = async (items: readonly TransactItem[]): Promise<boolean> => (await transact(deps, items)) === null;

  return {
    async take(hand, { batch, inHand, output }) {
      return done([inHands(hand, inHand), ofBatch(batch, taken(batch, inHand, output))]);
    },

    validated(hand, key, { chunks, total, model, at }) {
      const update: Update = {
        UpdateExpression:
          'SET #status = :next, chunks = :chunks, #total = :total, model = :model, times.inProgress = :at, atWork = atWork - :one',
        ConditionExpression: '#status = :validating',
        ExpressionAttributeNames: { ...statusName, '#total': 'total' },
        ExpressionAttributeValues: {
          ':next': 'in_progress',
          ':validating': 'validating',
          ':chunks': chunks,
          ':total': total,
          ':model': model,
          ':at': at,
          ':one': 1,
        },
      };
      return done([fromHands(hand, key), ofBatch(key, update)]);
    },

    refused(hand, key, errors, at) {
      const update: Update = {
        UpdateExpression: `SET #status = :failed, #errors = :errors, times.failed = :at, atWork = atWork - :one ${endsIt}`,
        ConditionExpression: '#status = :validating',
        ExpressionAttributeNames: { ...statusName, '#errors': 'errors' },
        ExpressionAttributeValues: {
          ':failed': 'failed',
          ':validating': 'validating',
          ':errors': errors,
          ':at': at,
          ':one': 1,
        },
      };
      return done([fromHands(hand, key), ofBatch(key, update)]);
    },

    ended(hand, key, { status, at, outputFileId, errorFileId, errors, completed, failed, usage }) {
      const { condition, values } = statusIn(['finalizing', 'cancelling']);
      const update: Update = {
        UpdateExpression: `SET #status = :status, times.${status} = :at, completed = :completed, failed = :failed, #usage = :usage, outputFileId = :output, errorFileId = :error, #errors = :errors, atWork = atWork - :one ${endsIt}`,
        ConditionExpression: condition,
        ExpressionAttributeNames: { ...statusName, '#usage': 'usage', '#errors': 'errors' },
        ExpressionAttributeValues: {
          ...values,
          ':status': status,
          ':at': at,
          ':completed': completed,
          ':failed': failed,
          ':usage': usage,
          ':output': outputFileId,
          ':error': errorFileId,
          ':errors': errors,
          ':one': 1,
        },
      };
      return done([fromHands(hand, key), ofBatch(key, update)]);
    },

    async putBack(hand, key, notBeforeMs) {
      const later = notBeforeMs === undefined ? '' : ', notBeforeMs = :later, waits = waits + :one';
      const update: Update = {
        UpdateExpression: `SET atWork = atWork - :one${later}`,
        ExpressionAttributeValues: { ':one': 1, ...(notBeforeMs !== undefined && { ':later': notBeforeMs }) },
      };
      await transact(deps, [fromHands(hand, key), ofBatch(key, update)]);
    },

    async count(hand, key, { chunk, before, after }) {
      let was = before;
      for (;;) {
        const { expression, values } = addedCounts(difference(after, was));
        const update: Update = {
          UpdateExpression: `SET ${expression}`,
          // Of one that has ended the files say how many they were.
          ConditionExpression: 'attribute_exists(unfinished)',
          ExpressionAttributeNames: { '#usage': 'usage' },
          ExpressionAttributeValues: values,
        };
        const counted = chunkCounts(key, chunk, was, after, false);
        const failed = await transact(deps, [stillInHands(hand, key), counted, ofBatch(key, update)]);
        if (failed === null || failed[0] || failed[2]) return after;
        // Somebody whose lease was over had counted as well, or the answer of a write of ours was lost.
        const found = await lines.chunk(key, chunk);
        if (!found || found.done) return after;
        was = found;
      }
    },

    async endChunk(hand, key, { chunk, done: isDone, before, after, notBeforeMs }) {
      let was = before;
      for (;;) {
        const { expression, values } = addedCounts(difference(after, was));
        const back = isDone ? '' : ', returned = list_append(returned, :back)';
        const later = notBeforeMs === undefined ? '' : ', notBeforeMs = :later, waits = waits + :one';
        const update: Update = {
          UpdateExpression: `SET ${expression}, atWork = atWork - :one${back}${later}`,
          ExpressionAttributeNames: { '#usage': 'usage' },
          ExpressionAttributeValues: {
            ...values,
            ':one': 1,
            ...(!isDone && { ':back': [chunk] }),
            ...(notBeforeMs !== undefined && { ':later': notBeforeMs }),
          },
        };
        const items = [fromHands(hand, key), chunkCounts(key, chunk, was, after, isDone), ofBatch(key, update)];
        const failed = await transact(deps, items);
        if (failed === null) return true;
        const found = await lines.chunk(key, chunk);
        if (failed[0] || !found || found.done) return false;
        was = found;
      }
    },
  };
}
