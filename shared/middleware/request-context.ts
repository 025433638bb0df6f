/** The state of one request while it passes through the pipeline. It belongs to the request and to nothing else (I10). */
import type { AuditIntent, AuditReport } from '../audit-logs/audit-entry.ts';
import type { RequestReport } from '../http/call.ts';
import type { Context, HasLeft } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Claim } from '../idempotency/idempotency-store.ts';
import type { AdmittedCall } from '../inference/admit-call.ts';
import type { Preparation } from '../inference/preparation.ts';
import type { Caller } from '../keys/caller.ts';
import type { RequestRecord } from '../observability/request-record.ts';
import type { CallUnderWay } from '../repetitions/calls-under-way.ts';
import type { KeyedCall } from '../repetitions/keyed-calls.ts';
import type { GuardedCall } from '../safety/guarded-call.ts';
import type { Operation } from './operation.ts';

export type RequestContext = Context & {
  requestId: string;
  receivedAtMs: number;
  operation: Operation;
  caller: Caller;
  body: unknown;
  bodyBytes: number;
  report: RequestReport;
  pending: (() => Promise<void>)[];
  /** Of a request that is logged. Told of it once everything else is done, and never rejects. */
  logged?: (record: RequestRecord) => Promise<void>;
  /** A model call, as it is to be admitted. */
  prepared?: Preparation;
  admitted: AdmittedCall | undefined;
  /** Where a guardrail has to do with the call. */
  guarded?: GuardedCall;
  /** `x-ratelimit-*` and their like, for every answer to an admitted call. */
  limitHeaders: Readonly<Record<string, string>>;
  /** An answer that is known before the operation would run, which then does not. */
  answered?: HttpResponse;
  /** What this request holds of the Idempotency-Key it came with. */
  claim?: Claim;
  /** The Idempotency-Key of a model call, and what the call holds of it. */
  keyed?: { readonly call: KeyedCall; readonly claim?: Claim };
  /** Where the host can tell. */
  hasLeft?: HasLeft | undefined;
  /** As others may join it. */
  underWay?: CallUnderWay | undefined;
  /** The audit entry of a mutation under way, and what its handler has told. */
  intent?: AuditIntent;
  audited?: AuditReport;
};

/** What is kept back of Lambda's time to end the answer and settle the accounts. */
const reservedMs = 3_000;

export const remainingMs = ({ getRemainingTimeInMillis }: RequestContext): number =>
  Math.max(0, getRemainingTimeInMillis() - reservedMs);
