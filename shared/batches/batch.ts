/**
 * A batch (docs/adr/0070). Pure.
 *
 *   validating ──▶ in_progress ──▶ finalizing ──▶ completed, expired, failed
 *       │  │            │
 *       │  └─ failed    │           what is wrong with its file is told at once
 *       └───────────────┴──▶ cancelling ──▶ cancelled
 */
import * as z from 'zod/mini';
import { batchEndpoints } from './answer-line.ts';
import { usageSchema } from './line-usage.ts';

export const batchStatuses = [
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
] as const;
export type BatchStatus = (typeof batchStatuses)[number];

/** `24h`, the only one that there is. */
export const completionWindowMs = 86_400_000;

export const maxBatchLines = 50_000;
/** Empty ones included: they cost time, and ask for nothing. */
export const maxFileLines = 1_000_000;
export const maxBatchBytes = 200 * 1024 * 1024;

/** Errors that are told of a file; it may have more. */
export const maxBatchErrors = 100;

export const batchErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  param: z.nullable(z.string()),
  /** Of the input file, from 1. */
  line: z.nullable(z.int()),
});
export type BatchError = z.infer<typeof batchErrorSchema>;

const countsSchema = z.object({ completed: z.int(), failed: z.int(), usage: usageSchema });
/** Of a batch, and of each of its chunks. */
export type Counts = z.infer<typeof countsSchema>;

/** What becomes of a batch that is wrapped up. */
const endingSchema = z.enum(['completed', 'expired', 'failed', 'cancelled']);
export type Ending = z.infer<typeof endingSchema>;

const timesSchema = z.object({
  inProgress: z.optional(z.int()),
  finalizing: z.optional(z.int()),
  completed: z.optional(z.int()),
  failed: z.optional(z.int()),
  expired: z.optional(z.int()),
  cancelling: z.optional(z.int()),
  cancelled: z.optional(z.int()),
});

/** The files that are being written, chosen before the first byte: whoever goes on with it writes the same. */
const outputSchema = z.object({ outputFileId: z.string(), errorFileId: z.string(), createdAt: z.int() });

export const batchSchema = z.extend(countsSchema, {
  projectId: z.string(),
  /** `batch_…` */
  id: z.string(),
  /** Whose key it was; what that may do is looked up whenever lines are answered. */
  apiKeyId: z.string(),
  status: z.enum(batchStatuses),
  endpoint: z.enum(batchEndpoints),
  inputFileId: z.string(),
  metadata: z.nullable(z.record(z.string(), z.string())),
  outputExpiresSeconds: z.nullable(z.int()),
  /** Unix seconds. */
  times: timesSchema,
  createdAtMs: z.int(),
  expiresAtMs: z.int(),
  errors: z.array(batchErrorSchema),
  model: z.nullable(z.string()),
  /** Requests in it; 0 before it was validated. */
  total: z.int(),
  /** Chunks in it, counted from 0. */
  chunks: z.int(),
  /** The first that no lane has had yet. */
  nextChunk: z.int(),
  /** Those that a lane has had and has given back undone. */
  returned: z.array(z.int()),
  /** What lanes have in hand of it: chunks, its validation, its end. */
  atWork: z.int(),
  /** Nothing of it is begun before then. */
  notBeforeMs: z.int(),
  /** How often it has had to wait since a line of it was last answered. */
  waits: z.int(),
  ending: z.nullable(endingSchema),
  output: z.optional(outputSchema),
  outputFileId: z.nullable(z.string()),
  errorFileId: z.nullable(z.string()),
});
export type Batch = z.infer<typeof batchSchema>;
export type BatchKey = Pick<Batch, 'projectId' | 'id'>;

export type NewBatch = Pick<
  Batch,
  'projectId' | 'id' | 'apiKeyId' | 'endpoint' | 'inputFileId' | 'metadata' | 'outputExpiresSeconds' | 'createdAtMs'
>;

export const noUsage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0 } as const;
export const noCounts: Counts = { completed: 0, failed: 0, usage: noUsage };

export const newBatch = (wanted: NewBatch): Batch => ({
  ...wanted,
  ...noCounts,
  status: 'validating',
  times: {},
  expiresAtMs: wanted.createdAtMs + completionWindowMs,
  errors: [],
  model: null,
  total: 0,
  chunks: 0,
  nextChunk: 0,
  returned: [],
  atWork: 0,
  notBeforeMs: 0,
  waits: 0,
  ending: null,
  outputFileId: null,
  errorFileId: null,
});

const unfinished: readonly BatchStatus[] = ['validating', 'in_progress', 'finalizing', 'cancelling'];
export const isUnfinished = ({ status }: Pick<Batch, 'status'>): boolean => unfinished.includes(status);

/** Lines of it are answered, or will be. */
export const isOpen = ({ status }: Pick<Batch, 'status'>): boolean =>
  status === 'validating' || status === 'in_progress';

const firstPauseSeconds = 2;
const longestPauseSeconds = 300;

/** Until nothing of it is begun, when it had to wait: never sooner than whoever refused says, and longer each time. */
export function waitsUntil(waits: number, retryAfterMs: number, nowMs: number): number {
  const pauseMs = 1000 * Math.min(longestPauseSeconds, firstPauseSeconds * 2 ** Math.min(waits, 10));
  return nowMs + Math.min(1000 * longestPauseSeconds, Math.max(retryAfterMs, pauseMs));
}
