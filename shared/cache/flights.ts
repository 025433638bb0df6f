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
  board(key: string): Flight<Answer>;
}

/** State of an instance: made once, with its other parts. */
export function createFlights<Answer>(): Flights<Answer> {
  const underWay = new Map<string, Promise<Landed<Answer>>>();
  return {
    board(key) {
      const landed = underWay.get(key);
      if (landed) return { leads: false, landed };
      const { promise, resolve } = Promise.withResolvers<Landed<Answer>>();
      underWay.set(key, promise);
      return {
        leads: true,
        land(answer) {
          if (underWay.get(key) === promise) underWay.delete(key);
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
