/** What is stored of a batch's lines: the stretches that lanes take, and answers until they stand in a file. */
import * as z from 'zod/mini';
import { type Batch, type BatchKey, batchSchema, completionWindowMs } from './batch.ts';
import { usageSchema } from './line-usage.ts';

export const partitionOf = ({ projectId, id }: BatchKey): string => `${projectId}#${id}`;

const padded = (number: number, digits: number): string => String(number).padStart(digits, '0');
export const chunkPlace = (chunk: number): string => `chunk#${padded(chunk, 6)}`;
export const linePlace = (line: number): string => `line#${padded(line, 9)}`;

const { completed, failed, usage } = batchSchema.shape;

export const chunkSchema = z.object({
  /** From 0. */
  chunk: z.int(),
  firstLine: z.int(),
  lastLine: z.int(),
  /** Those of them that ask for something. */
  requests: z.int(),
  byteStart: z.int(),
  byteEnd: z.int(),
  completed,
  failed,
  usage,
  done: z.boolean(),
  /** Workers that have died at it. */
  deaths: z.int(),
});
export type Chunk = z.infer<typeof chunkSchema>;

export const lineSchema = z.object({
  line: z.int(),
  customId: z.string(),
  requestId: z.string(),
  succeeded: z.boolean(),
  usage: usageSchema,
  /** Absent where it was not run. */
  status: z.optional(z.int()),
  body: z.optional(z.string()),
  /** Of a body that is too large for an item. */
  bodyKey: z.optional(z.string()),
  error: z.optional(z.object({ code: z.string(), message: z.string() })),
});
export type StoredLine = z.infer<typeof lineSchema>;

/** As `#` of the request in the file, the ledger and the log: the same whenever and by whomever it is asked. */
export const requestIdOf = (batchId: string, line: number): string =>
  `batch_req_${batchId.slice('batch_'.length)}${padded(line, 6)}`;

const keptMs = 3 * 86_400_000;

/** Lines are rubbish when the batch has ended, which is soon after its time at the latest. Unix seconds. */
export const linesExpireAt = ({ createdAtMs }: Pick<Batch, 'createdAtMs'>): number =>
  Math.floor((createdAtMs + completionWindowMs + keptMs) / 1000);
