/**
 * A response that is made in the background (docs/adr/0068). What its caller sees of it is the stored response; this is
 * what a worker needs to make it, and it is gone as soon as nobody is to make it any more.
 *
 *   taken in ──▶ queued ──claim──▶ in_progress ──▶ completed, incomplete, failed
 *                  ▲                  │   │
 *                  └── has to wait ───┘   └── its worker died, its lease is over: claimed by another
 */
import * as z from 'zod/mini';

export const backgroundMessageSchema = z.strictObject({ projectId: z.string(), responseId: z.string() });
export type BackgroundMessage = z.infer<typeof backgroundMessageSchema>;

export type BackgroundResponse = {
  readonly projectId: string;
  /** `resp_…`, of the stored response. */
  readonly id: string;
  /** On whose behalf; what that key may do is looked up when it is made. */
  readonly apiKeyId: string;
  /** JSON, as it came. */
  readonly request: string;
  readonly createdAtMs: number;
  /** How often it has had to wait. */
  readonly waits: number;
};

/** Of a worker that says nothing for so long, others know that it is dead. */
export const leaseMs = 60_000;
export const renewEveryMs = 20_000;

/** How soon a worker learns that its response has been cancelled or deleted. */
export const lookEveryMs = 1_000;

/**
 * From this delivery of its message on, nothing is made any more: it says that the response has failed, since the
 * workers before it have died, or could not reach a store.
 */
export const failsFromDelivery = 4;

/** Saying so may be cut off as well. Whoever polls would wait for ever, so it has more than one chance before its message is put aside. */
export const maxDeliveries = failsFromDelivery + 6;

/** What has to wait, for a rate limit or for providers that are left alone, does so no longer than this. */
export const longestWaitMs = 3_600_000;

/** Kept so much longer than anything waits or is delivered. */
export const keptSeconds = 7 * 86_400;

const firstPauseSeconds = 2;
const longestPauseSeconds = 120;

/** Seconds until it is tried again; null where it has waited long enough. Never sooner than whoever refused it says. */
export function nextTrySeconds(
  { createdAtMs, waits }: Pick<BackgroundResponse, 'createdAtMs' | 'waits'>,
  retryAfterMs: number,
  nowMs: number,
): number | null {
  const pause = Math.min(longestPauseSeconds, firstPauseSeconds * 2 ** Math.min(waits, 10));
  const seconds = Math.max(Math.ceil(retryAfterMs / 1000), pause);
  return nowMs + seconds * 1000 - createdAtMs > longestWaitMs ? null : seconds;
}
