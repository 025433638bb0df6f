/**
 * One attempt at a provider, as the ledger has it. The row is written before the
 * provider is called and settled once its outcome is known:
 *
 *   open ──settle──▶ settled
 *     └── the function died ──sweep──▶ settled at its bound, as abandoned
 *
 * So an attempt is in the ledger exactly once, whatever dies when (I3).
 */
import * as z from 'zod/mini';
import { holdSchema } from '../admission/hold.ts';
import { priceFactorSchema, priceSchema } from '../catalogue/price.ts';

export const usageKinds = ['completions', 'embeddings', 'moderations'] as const;
export type UsageKind = (typeof usageKinds)[number];

/**
 * `refused`: the provider's verdict on the request. `cut`: it broke off after its
 * first byte. `cancelled`: we broke it off, since its caller had left or a guardrail
 * had refused it. `cached`: answered from the cache, and no provider was asked.
 * `unasked`: every provider was being left alone. `blocked`: a guardrail refused its
 * input, and no provider was asked. `abandoned`: nobody settled it, so the sweep has.
 */
export const outcomes = [
  'succeeded',
  'cached',
  'refused',
  'failed',
  'timed_out',
  'cut',
  'cancelled',
  'unasked',
  'blocked',
  'abandoned',
] as const;
export type Outcome = (typeof outcomes)[number];

const tokens = z.int().check(z.minimum(0));

export const openAttemptSchema = z.object({
  id: z.string(),
  projectId: z.string(),
  requestId: z.string(),
  /** 1 for a request's first attempt. */
  ordinal: z.int(),
  kind: z.enum(usageKinds),
  apiKeyId: z.string(),
  serviceAccountId: z.string(),
  /** The name that was asked for. */
  model: z.string(),
  provider: z.string(),
  upstreamModel: z.string(),
  streamed: z.boolean(),
  /** Of a line of a batch. Absent: somebody waited for the answer. */
  batch: z.optional(z.literal(true)),
  startedAtMs: z.int(),
  /** No request has more input tokens than bytes. */
  inputBytes: z.int(),
  price: priceSchema,
  /** What that was of the live price; absent: all of it. docs/adr/0071 */
  priceFactor: z.optional(priceFactorSchema),
  priceVersion: z.string(),
  /** What it holds of the project's counters. Rows of before there were counters have none. */
  hold: z.optional(holdSchema),
});
export type OpenAttempt = z.infer<typeof openAttemptSchema>;

export const settlementSchema = z.object({
  outcome: z.enum(outcomes),
  inputTokens: tokens,
  cachedInputTokens: tokens,
  cacheWriteTokens: tokens,
  outputTokens: tokens,
  reasoningTokens: tokens,
  /** The provider reported no usage, so these are our own counts. */
  estimated: z.boolean(),
  costMicroUsd: z.int(),
  firstByteMs: z.nullable(z.int()),
  latencyMs: z.int(),
  settledBy: z._default(z.enum(['gateway', 'sweep']), 'gateway'),
});
export type Settlement = z.infer<typeof settlementSchema>;

const settledAttemptSchema = z.extend(openAttemptSchema, {
  state: z.literal('settled'),
  ...settlementSchema.shape,
  /** What it was rated at first, where it has been rated anew since: docs/adr/0035. */
  ratedBefore: z.optional(z.object({ priceVersion: z.string(), costMicroUsd: z.int() })),
});
export type SettledAttempt = z.infer<typeof settledAttemptSchema>;

export const storedAttemptSchema = z.discriminatedUnion('state', [
  z.extend(openAttemptSchema, { state: z.literal('open') }),
  settledAttemptSchema,
]);
export type StoredAttempt = z.infer<typeof storedAttemptSchema>;
