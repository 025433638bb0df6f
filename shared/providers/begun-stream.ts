/** A stream whose first bytes have come: those, and the rest as it comes. */

export type StreamEnds = {
  /** Once, however it ends: read to its end, failed, or left. */
  readonly onEnd: () => void;
  /** What is thrown instead of what was thrown. */
  readonly asError: (thrown: unknown) => Error;
};

/**
 * No generator: one that is left before it was read from never gets to its
 * `finally`, and there is an await less for every chunk.
 */
export async function begunStream(
  body: AsyncIterable<Uint8Array>,
  { onEnd, asError }: StreamEnds,
): Promise<AsyncIterable<Uint8Array>> {
  const rest = body[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    try {
      const result = await rest.next();
      if (result.done) onEnd();
      return result;
    } catch (thrown) {
      onEnd();
      throw asError(thrown);
    }
  };

  let first: Awaited<ReturnType<typeof next>> | null = await next();
  const iterator: AsyncIterator<Uint8Array, undefined> = {
    next: async () => {
      if (first === null) return next();
      const result = first;
      first = null;
      return result;
    },
    return: async () => {
      onEnd();
      await rest.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
