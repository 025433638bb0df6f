/** Waiting, as it is handed in: a test has it end when it likes. */
import { setTimeout } from 'node:timers/promises';

/** Ends early, and throws nothing, when the signal fires. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

export type Waits = {
  /** Before the work goes on. */
  readonly pause: Pause;
  /** Beside the work, which is not held up by it. */
  readonly meanwhile: Pause;
};

const wait: Pause = (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => {});

export const waits: Waits = { pause: wait, meanwhile: wait };

/** Again and again, until what it returns is called. Keeps no process alive. */
export function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms).unref();
  return () => clearInterval(timer);
}
