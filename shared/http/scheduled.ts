/** A function that the clock calls, and nobody waits for. It takes what it needs from its deps, and from the event nothing but its id. */
import type { Context } from 'aws-lambda';

export type ScheduledHandler = (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => Promise<void>;
