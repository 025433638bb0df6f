/** What the pipeline has established by the time a handler runs. */
import type { AuditReport } from '../audit-logs/audit-entry.ts';
import type { Caller } from '../keys/caller.ts';
import type { Host } from '../observability/host.ts';
import type { Trail } from '../observability/trail.ts';
import type { SafetyStatus } from '../safety/safety-status.ts';

export type Call<Body = unknown, CallerKind extends Caller = Caller> = {
  readonly requestId: string;
  readonly caller: CallerKind;
  readonly body: Body;
  /** Bytes of the request's body as it came. */
  readonly bodyBytes: number;
  /** Path parameters, checked to be harmless. */
  readonly params: Readonly<Record<string, string>>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly receivedAtMs: number;
  /** Fires shortly before Lambda would kill the invocation. */
  readonly signal: AbortSignal;
  /** Until then an answer, or its first chunk, is of use to the caller. */
  readonly answerByMs: number;
  readonly report: RequestReport;
  /** On one machine alone. */
  readonly host?: Host;
  /** Says what a mutation of the control plane has changed, once it has. */
  readonly audit: (report: AuditReport) => void;
  /** Work for after the answer: it runs once the last byte is out, whatever became of the caller. */
  readonly afterwards: (work: () => Promise<void>) => void;
};

/** What metrics, logs and headers say of one request. Whoever learns a fact writes it down; nobody reads it to decide. */
export type RequestReport = {
  /** A line of a batch, and of which; absent: a caller waited for its answer. */
  batchId?: string;
  model?: string;
  provider?: string;
  attempts?: number;
  streamed?: boolean;
  /** Where the cache is in play: what has become of it. */
  cache?: 'hit' | 'miss' | 'stale' | 'bypass';
  /** Where a guardrail looked: the gravest of what it did. */
  safety?: SafetyStatus;
  /** Spent waiting for providers, until the first chunk of a stream or the last byte of a whole answer. */
  upstreamMs?: number;
  inputTokens?: number;
  outputTokens?: number;
  costMicroUsd?: number;
  /** By how much a call has cost more than was reserved for it. */
  aboveBoundMicroUsd?: number;
  /** When the last of its costs stood in the ledger and on the counters. */
  settledAtMs?: number;
  /** The caller left before the last byte of a stream. */
  callerLeft?: boolean;
  /** A failure after the headers had gone. */
  failure?: string;
  /** For logs and traces; what is told of the request is told without it. */
  trail?: Trail;
};
