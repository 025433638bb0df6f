/**
 * One request for which the gateway runs tools: the model is asked, the tools that it calls are run, and it is asked
 * again with their results. What is written down of it holds no content (I6).
 */
import * as z from 'zod/mini';

const ms = z.number();

const modelCallSchema = z.object({
  type: z.literal('model_call'),
  startedAtMs: ms,
  durationMs: ms,
  /** Absent: no provider has answered. */
  provider: z.optional(z.string()),
  inputTokens: z.int(),
  outputTokens: z.int(),
  costMicroUsd: z.int(),
});

const toolCallSchema = z.object({
  type: z.literal('tool_call'),
  startedAtMs: ms,
  durationMs: ms,
  name: z.string(),
  callId: z.string(),
  /** `repeated`: it was called like this before, and not run again. Else why it failed. */
  outcome: z.string(),
});

const stepSchema = z.discriminatedUnion('type', [modelCallSchema, toolCallSchema]);
export type RunStep = z.infer<typeof stepSchema>;

/** `cancelled`: by an administrator, which is its `failure` then, or since nobody waited for it any more. */
export const runStatuses = ['in_progress', 'completed', 'failed', 'cancelled'] as const;

export const storedRunSchema = z.object({
  /** `run_…` */
  id: z.string(),
  projectId: z.string(),
  apiKeyId: z.string(),
  requestId: z.string(),
  model: z.string(),
  status: z.enum(runStatuses),
  /** Unix seconds. */
  createdAt: z.int(),
  endedAt: z.nullable(z.int()),
  /** Asked to stop, which it does before it asks a model again. */
  cancelRequestedAt: z.nullable(z.int()),
  /** Known once it has ended. */
  steps: z.array(stepSchema),
  /** Why it failed: a cause of the table of errors. */
  failure: z.nullable(z.string()),
});
export type StoredRun = z.infer<typeof storedRunSchema>;

/** Days for which it can be looked up. */
export const runRetentionDays = 30;

export const runObject = ({ steps, ...run }: StoredRun) => ({
  id: run.id,
  object: 'organization.run',
  project_id: run.projectId,
  api_key_id: run.apiKeyId,
  request_id: run.requestId,
  model: run.model,
  status: run.status,
  created_at: run.createdAt,
  ended_at: run.endedAt,
  cancel_requested_at: run.cancelRequestedAt,
  failure: run.failure,
  steps: steps.map(stepObject),
});

const stepObject = (step: RunStep) => {
  const times = { type: step.type, started_at_ms: step.startedAtMs, duration_ms: step.durationMs };
  if (step.type === 'tool_call') return { ...times, name: step.name, call_id: step.callId, outcome: step.outcome };
  return {
    ...times,
    provider: step.provider ?? null,
    input_tokens: step.inputTokens,
    output_tokens: step.outputTokens,
    cost_usd: step.costMicroUsd / 1_000_000,
  };
};
