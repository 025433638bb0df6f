/** All that is told of one request once its last byte is out: metrics, the log, and on one machine the host, are made of it. */
import type { RequestReport } from '../http/call.ts';
import type { StageTimes } from './stages.ts';

/** Names, ids, counts and times: nothing that a caller or a model has said (I6). */
export type RequestRecord = {
  readonly requestId: string;
  /** The caller's own name of it, where it has sent one that is fit for a log. */
  readonly clientRequestId?: string;
  /** As W3C writes it: what providers and tools have been told. */
  readonly traceId?: string;
  readonly method: string;
  /** Below the stage, with `{name}` for path parameters: what callers put there is not in it. */
  readonly path: string;
  readonly status: number;
  /** `ok`, or the cause in the table of errors. */
  readonly outcome: string;
  readonly receivedAtMs: number;
  /** Until the last byte was out. */
  readonly latencyMs: number;
  readonly firstByteMs: number;
  /** Of the time before the first byte, what was not spent waiting for providers. */
  readonly overheadMs: number;
  /** What the time went into, until the accounts were settled. */
  readonly stagesMs: StageTimes;
  readonly report: Readonly<Omit<RequestReport, 'trail'>>;
  /** Absent where the caller was not known, or needs no key. */
  readonly apiKeyId?: string;
  readonly projectId?: string;
};

export type OnRequestEnd = (record: RequestRecord) => void;
