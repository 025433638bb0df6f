/** One line of a batch, put to the very pipeline that its request would have gone through by itself. */
import type { ProjectCaller } from '../keys/caller.ts';
import type { QueueContext } from '../queues/queue-handler.ts';

/** What batches may be made of. */
export const batchEndpoints = ['/v1/chat/completions', '/v1/responses', '/v1/embeddings'] as const;
export type BatchEndpoint = (typeof batchEndpoints)[number];

export type LineToAnswer = {
  readonly endpoint: BatchEndpoint;
  /** The batch's, as its key is allowed now. */
  readonly caller: ProjectCaller;
  readonly batchId: string;
  /** `batch_req_…`, in the ledger, in the log and in the output file. */
  readonly requestId: string;
  /** As it stands in the file: JSON. */
  readonly body: string;
  /** Fires when nobody wants the answer any more: cancelled, expired, or another worker has the line. */
  readonly stopped: AbortSignal;
  readonly context: QueueContext;
};

export type LineError = { readonly code: string; readonly message: string };

export type LineAnswer =
  /** The answer, good or bad, that stands in the output file or the error file. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly body: unknown;
      /**
       * A provider failed at it, or the gateway did: asked once more, which is another attempt in the ledger, it may get a
       * better answer. Whoever asks no more lets this one stand. Absent: asking again brings the same.
       */
      readonly retryable?: true;
    }
  /**
   * Nothing has come of it, and something may later: limits, open circuits, a store or every provider that is down.
   * `retryAfterMs` is 0 where nobody knows how long.
   */
  | { readonly kind: 'wait'; readonly error: LineError; readonly retryAfterMs: number }
  /** The budget is used up: nothing of the batch can be paid any more. */
  | { readonly kind: 'unaffordable'; readonly error: LineError }
  | { readonly kind: 'stopped' };

export type AnswerLine = (line: LineToAnswer) => Promise<LineAnswer>;
