/** Until when an answer, or its first chunk, is of any use to the caller. */

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * The SDKs say how long they wait, in whole seconds (Node) or with a fraction
 * (Python), for the answer's headers: which is the whole of an answer in one
 * piece, and the first chunk of a stream.
 */
const announcements = ['x-stainless-timeout', 'x-stainless-read-timeout'] as const;

/** On its way to us the request has used some of that time, and the answer needs some. */
const onTheWayMs = 250;

const longestSeconds = 86_400;

/** Null: the caller does not say. Less than a second arrives as 0, since it is cut to whole seconds. */
export function announcedTimeoutMs(headers: Headers): number | null {
  const announced = announcements.flatMap((name) => {
    const value = headers[name];
    return value !== undefined && /^\d{1,9}(\.\d{1,9})?$/.test(value) ? [Number(value)] : [];
  });
  if (announced.length === 0) return null;
  const seconds = Math.min(longestSeconds, ...announced);
  return Math.max(1_000, seconds * 1_000) - onTheWayMs;
}

type Times = {
  readonly receivedAtMs: number;
  readonly nowMs: number;
  /** What is left of the function's own time. */
  readonly remainingMs: number;
};

export function answerByMs(headers: Headers, { receivedAtMs, nowMs, remainingMs }: Times): number {
  const announced = announcedTimeoutMs(headers);
  const ours = nowMs + remainingMs;
  return announced === null ? ours : Math.min(ours, receivedAtMs + announced);
}
