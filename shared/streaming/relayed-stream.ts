/**
 * A provider's stream on its way to the caller: the provider's own bytes, looked at only where the ledger or the
 * protocol needs it.
 *
 *   bytes ──completeFrames──▶ runs of frames ──protocol──▶ bytes for the caller
 *                                                 │
 *                                                 └──▶ what was seen: usage, end, failure
 */
import { asGatewayError, GatewayError } from '../errors.ts';
import type { StreamAnswer } from '../providers/provider.ts';
import type { Usage } from '../usage/token-usage.ts';
import { completeFrames } from './frames.ts';
import { hasData } from './marks.ts';

export type SeenStream = {
  /** The provider's last word on its tokens; null as long as it has not said. */
  usage: Usage | null;
  /** Frames of the answer so far: about one token each, for want of anything better. */
  frames: number;
  done: boolean;
  /** Why the stream broke off, if it did. */
  failure: GatewayError | null;
  /** It was given up by us, before the provider had come to an end of any kind. */
  left: boolean;
};

export const unseen = (): SeenStream => ({ usage: null, frames: 0, done: false, failure: null, left: false });

export type RelayedStream<Seen extends SeenStream = SeenStream> = {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly seen: Readonly<Seen>;
  /** Stops the provider, for nobody is there to be told any more. Without harm when the stream has ended. */
  readonly leave: () => void;
};

/** How one API streams. What it sees, it writes down in what it was made with. */
export type StreamProtocol = {
  /** What of a run of complete frames the caller gets; nothing, as long as it is no answer. */
  readonly relay: (run: Buffer) => Buffer;
  /** It has ended: is that all that it has said? */
  readonly isEmpty: (said: Buffer) => boolean;
  /** The provider closes without an end: what is said in its place, or null where the answer is not complete. */
  readonly end: () => Buffer | null;
  readonly errorFrame: (error: GatewayError) => string;
};

export type StreamSource = Pick<StreamAnswer, 'chunks' | 'cancel'>;

export const nothing = Buffer.alloc(0);

/** A provider closes right after its end, and then its connection serves again. One that does not is left. */
const closingMs = 500;

export type Parsed = { readonly [name: string]: unknown };

/** What is no object says nothing. */
export const parsedData = (data: string): Parsed => {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};

/**
 * Reads up to the first frame of an answer and throws what it finds before it, so that
 * such a failure is still a real HTTP error (I7). After that nothing is thrown:
 * a failure becomes one frame, and the stream ends without its usual end.
 */
export async function openStream<Seen extends SeenStream>(
  { chunks, cancel }: StreamSource,
  seen: Seen,
  { relay, isEmpty, end, errorFrame }: StreamProtocol,
): Promise<RelayedStream<Seen>> {
  let ended = false;
  const runs = completeFrames(chunks)[Symbol.asyncIterator]();
  const next = async (): Promise<Buffer | null> => {
    const { value, done } = await runs.next();
    return done ? null : value;
  };

  const letGo = () => runs.return?.(undefined).catch(() => {});

  let first: Buffer = nothing;
  try {
    while (first.length === 0) {
      const run = await next();
      if (run === null) throw new GatewayError('upstream_error');
      if (hasData(run)) first = relay(run);
      if (seen.failure) throw seen.failure;
      // Ended before it said anything: a 200 without an answer is a failure.
      if (seen.done && isEmpty(first)) throw new GatewayError('upstream_error');
    }
  } catch (thrown) {
    await letGo();
    throw thrown;
  }

  /** Nobody waits for this, and it throws nothing: the answer is complete. */
  async function closeConnection(): Promise<void> {
    const leave = setTimeout(cancel, closingMs);
    try {
      while ((await next()) !== null);
    } catch {
      // It failed after its end.
    } finally {
      clearTimeout(leave);
    }
  }

  function leave(): void {
    if (ended || seen.done || seen.failure) return;
    seen.left = true;
    cancel();
  }

  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      // Within, since whoever has seen the end in it need not ask for more.
      yield first;
      while (!seen.done && !seen.left) {
        const run = await next();
        if (run === null) break;
        const relayed = relay(run);
        if (relayed.length > 0) yield relayed;
        if (seen.failure) throw seen.failure;
      }
      if (seen.done || seen.left) return;
      const last = end();
      if (last === null) throw new GatewayError('upstream_error');
      yield last;
    } catch (thrown) {
      if (seen.left) return;
      seen.failure = asGatewayError(thrown);
      await letGo();
      yield Buffer.from(errorFrame(seen.failure));
    } finally {
      ended = true;
      if (seen.done) await closeConnection();
      else await letGo();
    }
  }

  return { bytes: bytes(), seen, leave };
}
