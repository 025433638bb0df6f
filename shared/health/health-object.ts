/** The state of the gateway as GET /v1/organization/health tells it: ours, in the manner of the `openai` package. */
import * as z from 'zod/mini';
import { type Checked, checkStatuses } from './check.ts';

const nullable = z.nullable;

const check = {
  name: z.string(),
  status: z.enum(checkStatuses),
  /** In our own words; null where all is well. */
  reason: nullable(z.string()),
  latency_ms: z.int(),
};

export const healthSchema = z.object({
  object: z.literal('organization.health'),
  /** `degraded`: it serves, and somebody should look. `down`: it cannot answer models' calls. */
  status: z.enum(['ok', 'degraded', 'down']),
  /** What is not well, a sentence each. */
  reasons: z.array(z.string()),
  /** Unix seconds. Answers are kept for a few seconds. */
  checked_at: z.int(),
  stores: z.array(z.object({ ...check, kind: z.enum(['table', 'bucket', 'folder']) })),
  secrets: z.array(z.object(check)),
  queues: z.array(
    z.object({
      ...check,
      /** Null where the queue could not be asked; and `oldest_age_seconds` where nothing waits, or nobody knows. */
      waiting: nullable(z.int()),
      in_progress: nullable(z.int()),
      delayed: nullable(z.int()),
      dead_letters: nullable(z.int()),
      oldest_age_seconds: nullable(z.number()),
    }),
  ),
  providers: z.array(z.object({ ...check, kind: z.string() })),
  /** Those that are not closed; null where they could not be read. */
  circuits: nullable(
    z.array(
      z.object({
        id: z.string(),
        provider: z.string(),
        model: nullable(z.string()),
        state: z.enum(['open', 'half_open', 'cooling']),
        reason: nullable(z.string()),
        retry_at: nullable(z.int()),
      }),
    ),
  ),
  /** Of the last minutes; null where nobody has counted, or could be asked. */
  metrics: nullable(
    z.object({
      window_seconds: z.int(),
      requests: z.number(),
      client_errors: nullable(z.number()),
      server_errors: z.number(),
      /** Of requests, those that are server errors. */
      error_rate: z.number(),
      latency_ms: nullable(z.object({ p50: z.number(), p99: z.number() })),
      input_tokens: z.number(),
      output_tokens: z.number(),
      cost_usd: z.number(),
    }),
  ),
  /** Alarms that are on; on one machine, what was told to people in the last day. Null where nobody could be asked. */
  alerts: nullable(z.array(z.object({ name: z.string(), since: z.int(), description: z.string() }))),
});
export type Health = z.infer<typeof healthSchema>;

export const checkObject = (name: string, { status, reason, latencyMs }: Checked) => ({
  name,
  status,
  reason,
  latency_ms: Math.round(latencyMs),
});
