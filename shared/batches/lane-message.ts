/** What goes around for a lane: ids and numbers (I6). */
import * as z from 'zod/mini';
import type { QueueMessage } from '../queues/queue.ts';

const number = z.string().check(z.regex(/^\d{1,3}$/));

export const laneMessageSchema = z.strictObject({
  projectId: z.string(),
  lane: number,
  /** Absent: a worker is called for the lane, whoever else has been. */
  id: z.optional(z.string()),
  /** How often it has come in vain, since another worker was there or something failed. */
  tries: z.optional(number),
});
export type LaneMessage = z.infer<typeof laneMessageSchema>;

export const callFor = (projectId: string, lane: number): QueueMessage => ({ projectId, lane: String(lane) });

const longestPauseSeconds = 60;

/** The same once more, later each time. */
export function onceMore(message: LaneMessage): { readonly message: QueueMessage; readonly delaySeconds: number } {
  const tries = Number(message.tries ?? 0);
  const { projectId, lane, id } = message;
  return {
    message: { projectId, lane, ...(id !== undefined && { id }), tries: String(Math.min(tries + 1, 100)) },
    delaySeconds: Math.min(longestPauseSeconds, 2 ** Math.min(tries, 6)),
  };
}
