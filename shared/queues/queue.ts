/**
 * Work that nobody waits for: a message says whose it is and which, and a worker does it later. Delivered at least once,
 * in no order, and again when its worker dies.
 */

export const queueNames = ['responses'] as const;
export type QueueName = (typeof queueNames)[number];

/** `RESPONSES_QUEUE`, the variable that tells a function of the queue's address. */
export const queueVariable = (queue: QueueName): string => `${queue.toUpperCase()}_QUEUE`;

/** `RESPONSES_DEAD_LETTERS`: of a queue, or of the schedules, for the function that looks whether there are any. */
export const deadLettersVariable = (name: QueueName | 'schedules'): string => `${name.toUpperCase()}_DEAD_LETTERS`;

/** Ids and nothing else: a message may lie among the dead letters for days (I6). */
export type QueueMessage = Readonly<Record<string, string>>;

/** What SQS allows. */
export const longestDelaySeconds = 900;

export interface Queue {
  /** Not delivered before `delaySeconds` are over. Queue down: 503 (I12). */
  send(message: QueueMessage, delaySeconds?: number): Promise<void>;
}
