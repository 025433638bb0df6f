/** The clocks of one attempt, and the signal that ends it: its own, and the caller's. */
import { GatewayError } from '../errors.ts';

export type Deadline = {
  readonly signal: AbortSignal;
  /** Why the attempt was given up; null while it was not. */
  readonly gaveUp: () => GatewayError | null;
  /** The first bytes are in hand. */
  readonly hasBegun: () => void;
  /** Ends the attempt now. Without harm when it has ended. */
  readonly giveUp: () => void;
  /** No clock runs on after this. */
  readonly clear: () => void;
};

type Clocks = { readonly totalMs: number; readonly firstChunkMs?: number | undefined };

export function startDeadline(outer: AbortSignal, { totalMs, firstChunkMs }: Clocks): Deadline {
  const controller = new AbortController();
  const giveUp = (why: 'upstream_timeout' | 'upstream_first_chunk_timeout') => {
    clear();
    controller.abort(new GatewayError(why));
  };
  const onOuter = () => giveUp('upstream_timeout');
  const total = setTimeout(() => giveUp('upstream_timeout'), totalMs);
  const firstChunk =
    firstChunkMs === undefined ? undefined : setTimeout(() => giveUp('upstream_first_chunk_timeout'), firstChunkMs);
  const hasBegun = () => clearTimeout(firstChunk);
  const clear = () => {
    clearTimeout(total);
    hasBegun();
    outer.removeEventListener('abort', onOuter);
  };

  outer.addEventListener('abort', onOuter, { once: true });
  if (outer.aborted) onOuter();
  const { signal } = controller;
  return { signal, hasBegun, clear, giveUp: onOuter, gaveUp: () => (signal.aborted ? signal.reason : null) };
}
