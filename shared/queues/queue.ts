/**
 * Work that nobody waits for: a message says whose it is and which, and a worker does it later. Delivered at least once,
 * in no order, and again when its worker dies.
 */

export const queueNames = ['responses', 'requestLog', 'batches'] as const;
export type QueueName = (typeof queueNames)[number];

const inCapitals = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** `REQUEST_LOG_QUEUE`, the variable that tells a function of the queue's address. */
export const queueVariable = (queue: QueueName): string => `${inCapitals(queue)}_QUEUE`;

/** `RESPONSES_DEAD_LETTERS`: of a queue, or of the schedules, for the function that looks whether there are any. */
export const deadLettersVariable = (name: QueueName | 'schedules'): string => `${inCapitals(name)}_DEAD_LETTERS`;

/** Ids, names and numbers, and nothing that anybody has said: a message may lie among the dead letters for days (I6). */
export type QueueMessage = Readonly<Record<string, string>>;

/** What SQS allows. */
export const longestDelaySeconds = 900;

export interface Queue {
  /** Not delivered before `delaySeconds` are over. Queue down: 503 (I12). */
  send(message: QueueMessage, delaySeconds?: number): Promise<void>;
}
