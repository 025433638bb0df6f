/** The time that a tool has, whatever it is waiting for. */

/** The work's end, or the signal's, whichever comes first: also of work that hears of no signal. */
export async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const given = Promise.withResolvers<never>();
  const give = () => given.reject(signal.reason);
  signal.addEventListener('abort', give, { once: true });
  if (signal.aborted) give();
  try {
    return await Promise.race([given.promise, work]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}

/** Null where the time was over first, or the outer signal has fired. The work is told, and not waited for. */
export async function withinTime<Result>(
  { timeoutMs, outer }: { readonly timeoutMs: number; readonly outer: AbortSignal },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | null> {
  const controller = new AbortController();
  const { signal } = controller;
  const end = () => controller.abort();
  const timer = setTimeout(end, timeoutMs);
  outer.addEventListener('abort', end, { once: true });
  try {
    if (outer.aborted) return null;
    return await unlessAborted(work(signal), signal);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', end);
  }
}
