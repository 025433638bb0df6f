/** Gives a call up when its answer would come too late. */
import type { InferenceCall } from './attempts.ts';

export type InTime = {
  readonly signal: AbortSignal;
  /** The answer, or its first chunk, is in hand: from here on only the function's own end cuts it off. */
  readonly answered: () => void;
};

export function inTime({ answerByMs, signal }: Pick<InferenceCall, 'answerByMs' | 'signal'>, nowMs: number): InTime {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, Math.max(0, answerByMs - nowMs));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return { signal: controller.signal, answered: () => clearTimeout(timer) };
}
