/** A function that the clock calls, and nobody waits for. */
import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';

/** What a schedule hands over, on AWS and on one machine. Retries hand over the same. */
export const scheduledEventSchema = z.object({
  id: z.string(),
  /** The name of the schedule: several may call one function. */
  schedule: z.string(),
  /** The time that it was meant for, which a retry may trail by hours. */
  scheduledAt: z.iso.datetime(),
});
export type ScheduledEvent = z.infer<typeof scheduledEventSchema>;

/** It takes what it needs from its deps, and from the event what `scheduledEventSchema` finds in it. Whatever it throws is tried again. */
export type ScheduledHandler = (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<void>;
