/**
 * Requests that would have the same answer, at the same time, in one instance: the first asks, the others
 * wait for it. Where nothing comes of it they ask by themselves, all at once, as they would have
 * without it: to wait for one another in turn would be slower for all but one.
 */
export type Landed<Answer> = Answer | null;

export type Flight<Answer> =
  /** `land` once it is known what the others get; what comes later changes nothing. */
  | { readonly leads: true; readonly land: (answer: Landed<Answer>) => void }
  | { readonly leads: false; readonly landed: Promise<Landed<Answer>> };

export interface Flights<Answer> {
  board(key: string, nowMs: number): Flight<Answer>;
}

/** A stream ends when its reader lets it, or its function may have died: nobody waits for another's forever. */
export const longestFlightMs = 30_000;

/** State of an instance: made once, with its other parts. */
export function createFlights<Answer>(): Flights<Answer> {
  const underWay = new Map<string, { readonly landed: Promise<Landed<Answer>>; readonly sinceMs: number }>();
  return {
    board(key, nowMs) {
      const other = underWay.get(key);
      if (other && nowMs - other.sinceMs < longestFlightMs) return { leads: false, landed: other.landed };
      const { promise, resolve } = Promise.withResolvers<Landed<Answer>>();
      const flight = { landed: promise, sinceMs: nowMs };
      underWay.set(key, flight);
      return {
        leads: true,
        land(answer) {
          if (underWay.get(key) === flight) underWay.delete(key);
          resolve(answer);
        },
      };
    },
  };
}

/** Null, too, when the time is up or the signal fires. */
export async function landedWithin<Answer>(
  landed: Promise<Landed<Answer>>,
  ms: number,
  signal: AbortSignal,
): Promise<Landed<Answer>> {
  const { promise: over, resolve } = Promise.withResolvers<null>();
  const giveUp = () => resolve(null);
  const timer = setTimeout(giveUp, ms);
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([landed, over]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}
