/** How much is left to do in a queue. */

export type QueueDepth = {
  /** Nobody works on them, and anybody may. */
  readonly waiting: number;
  readonly inProgress: number;
  /** Not to be delivered yet. */
  readonly delayed: number;
  readonly deadLetters: number;
  /** Of the oldest message that is not done. Null where there is none, or where that is not known: SQS itself does not say. */
  readonly oldestAgeSeconds: number | null;
};

/** Rejects when it cannot be told. */
export type ReadQueueDepth = (signal: AbortSignal) => Promise<QueueDepth>;
