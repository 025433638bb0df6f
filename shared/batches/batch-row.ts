/** A batch as it is stored. */
import * as z from 'zod/mini';
import { type Batch, type BatchKey, type BatchStatus, batchSchema, isUnfinished } from './batch.ts';

const { projectId, id, status, expiresAtMs, notBeforeMs, atWork, returned, nextChunk, chunks } = batchSchema.shape;
const { apiKeyId, inputFileId, endpoint, createdAtMs } = batchSchema.shape;

/** As the index of those that have not ended has it. */
export const pendingBatchSchema = z.object({
  projectId,
  id,
  status,
  expiresAtMs,
  notBeforeMs,
  atWork,
  returned,
  nextChunk,
  chunks,
  apiKeyId,
  inputFileId,
  endpoint,
  createdAtMs,
});
export type PendingBatch = z.infer<typeof pendingBatchSchema>;

/** One partition of the index: there are as many of them as there are batches under way, and they are read once a sweep. */
export const sweepable = 'batches';

export const rowOf = (batch: Batch) => ({
  ...batch,
  ...(isUnfinished(batch) && { unfinished: batch.id, sweepable }),
});

export const keyOf = ({ projectId, id }: BatchKey): BatchKey => ({ projectId, id });

/** What takes a batch out of the indexes. */
export const endsIt = 'REMOVE unfinished, sweepable';

/** `#status IN (:in_progress, :validating)` and its values. */
export const statusIn = (statuses: readonly BatchStatus[]) => ({
  condition: `#status IN (${statuses.map((one) => `:${one}`).join(', ')})`,
  values: Object.fromEntries(statuses.map((one) => [`:${one}`, one])),
});
