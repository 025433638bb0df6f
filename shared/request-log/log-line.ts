/** One call in the request log: names, ids and numbers, as its record has them. What was said in it comes beside, or not at all (I6). */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { inboxFolder } from '../bodies/body-store.ts';
import type { RequestRecord } from '../observability/request-record.ts';

export const logIdPrefix = 'log_';

/** Member by member: what the record of a request comes to hold later is not logged by itself. */
export function logLineOf(id: string, record: RequestRecord) {
  const { report } = record;
  return {
    object: 'request_log.line',
    /** Of the line. Where a line was written twice, both have the same. */
    id,
    request_id: record.requestId,
    received_at: new Date(record.receivedAtMs).toISOString(),
    project_id: record.projectId,
    api_key_id: record.apiKeyId,
    method: record.method,
    path: record.path,
    status: record.status,
    outcome: record.outcome,
    model: report.model,
    provider: report.provider,
    attempts: report.attempts,
    streamed: report.streamed,
    cache: report.cache,
    safety: report.safety,
    input_tokens: report.inputTokens,
    output_tokens: report.outputTokens,
    cost_micro_usd: report.costMicroUsd,
    latency_ms: record.latencyMs,
    first_byte_ms: record.firstByteMs,
    overhead_ms: record.overheadMs,
    upstream_ms: report.upstreamMs,
    caller_left: report.callerLeft,
  };
}

/** Why a line that was to have content has none. */
export type ContentLoss =
  /** The deployment has lost its key since the policy was set. */
  | 'no_key'
  /** The project is of before there were secrets to seal with, and has had no policy of its own since. */
  | 'no_secret'
  | 'not_kept'
  | 'not_found'
  | 'unreadable';

/** Ids reach the keys of objects. */
const id = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,128}$/));

/** What the queue carries. Where there is content it lies sealed in the bucket, under the ids. */
export const requestLogMessageSchema = z.object({
  projectId: id,
  id,
  receivedAtMs: z.string().check(z.regex(/^\d{1,15}$/)),
  retentionDays: z.string().check(z.regex(/^\d{1,3}$/)),
  /** JSON. */
  line: z.string(),
  content: z.enum(['none', 'sealed', 'no_key', 'no_secret', 'not_kept']),
});
export type RequestLogMessage = z.infer<typeof requestLogMessageSchema>;

/** Below a folder of its own in the bucket of bodies (shared/bodies/body-store.ts). */
export const inboxKey = ({ projectId, id: logId }: Pick<RequestLogMessage, 'projectId' | 'id'>): string =>
  `${inboxFolder}/${projectId}/${logId}`;

export const logsPrefix = 'request-logs/';

/** What belongs into one object. */
export function folderOf({ projectId, receivedAtMs }: Pick<RequestLogMessage, 'projectId' | 'receivedAtMs'>): string {
  const [date = '', time = ''] = new Date(Number(receivedAtMs)).toISOString().split('T');
  return `${logsPrefix}${projectId}/${date.replaceAll('-', '/')}/${time.slice(0, 2)}`;
}

/** The same for the same lines: what is delivered again together is written over what it has written before. */
export function objectKey(folder: string, retentionDays: number, lines: readonly string[]): string {
  const digest = createHash('sha256').update(lines.join('\n')).digest('base64url').slice(0, 22);
  return `${folder}-${digest}.${retentionDays}d.jsonl`;
}
