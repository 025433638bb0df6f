/** All that is told of one request once its last byte is out: metrics, the log, and on one machine the host, are made of it. */
import type { RequestReport } from '../http/call.ts';

/** Names, ids, counts and times: nothing that a caller or a model has said (I6). */
export type RequestRecord = {
  readonly requestId: string;
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
  readonly report: Readonly<RequestReport>;
  /** Absent where the caller was not known, or needs no key. */
  readonly apiKeyId?: string;
  readonly projectId?: string;
};

export type OnRequestEnd = (record: RequestRecord) => void;
