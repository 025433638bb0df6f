/**
 * Comments in a stream of events that is silent for long: proxies and load
 * balancers on the way cut connections on which nothing comes.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes
 */
import type { Pause } from '../pause.ts';

export type KeepAlive = {
  /** Silence before a comment. */
  readonly everyMs: number;
  readonly now: () => number;
  readonly pause: Pause;
};

type Result = IteratorResult<Uint8Array, undefined>;

const comment = Buffer.from(': keep-alive\n\n');

/**
 * The chunks, each of whole frames, and a comment whenever the reader has waited
 * for the next one for too long. There is one clock for the stream, which looks
 * at when something was last said, and none for a chunk.
 */
export function keptAlive(
  chunks: AsyncIterable<Uint8Array>,
  { everyMs, now, pause }: KeepAlive,
): AsyncIterable<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  const ended = new AbortController();
  let underWay: Promise<Result> | null = null;
  /** Answers the reader who waits: with a chunk or with a comment, whichever comes first. */
  let say: ((result: Result) => void) | null = null;
  let saidAtMs: number | null = null;

  async function watch(): Promise<void> {
    for (let waitMs = everyMs; ; ) {
      await pause(waitMs, ended.signal);
      if (ended.signal.aborted) return;
      const silentMs = now() - (saidAtMs ?? 0);
      waitMs = silentMs >= everyMs ? everyMs : everyMs - silentMs;
      if (silentMs < everyMs || say === null) continue;
      saidAtMs = now();
      say({ done: false, value: comment });
      say = null;
    }
  }

  const arrived = (result: Result): Result => {
    underWay = null;
    say = null;
    saidAtMs = now();
    if (result.done) ended.abort();
    return result;
  };

  const iterator: AsyncIterator<Uint8Array, undefined> = {
    next: () => {
      if (saidAtMs === null) {
        saidAtMs = now();
        void watch();
      }
      // What was waited for when a comment came is still to be had, whether or not it has arrived meanwhile.
      underWay ??= source.next();
      const coming = underWay;
      return new Promise((resolve, reject) => {
        say = resolve;
        coming.then(
          (result) => {
            if (say === resolve) resolve(arrived(result));
          },
          (thrown: unknown) => {
            ended.abort();
            reject(thrown);
          },
        );
      });
    },
    return: async () => {
      ended.abort();
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
