/** Some lines at a time, as many as are let through: each refusal halves their number, and each answer adds one. */
import type { Pause } from '../pause.ts';

export type Verdict =
  | 'answered'
  /** Nothing has come of it yet. */
  | { readonly retryAfterMs: number };

export type RunningLines<Line> = {
  readonly atOnce: number;
  /** Whether anything is let through at all is to be found out first, with one of them. */
  readonly isProbe: boolean;
  readonly ask: (line: Line) => Promise<Verdict>;
  /** Its model: where one is not to be had, others may be. */
  readonly groupOf: (line: Line) => string;
  /** No further line is begun. */
  readonly halted: () => boolean;
  readonly stopped: AbortSignal;
  readonly now: () => number;
  readonly pause: Pause;
};

/** Longer than that nobody waits here: a message that comes later costs nothing until it does. */
export const longestPauseMs = 5_000;
const firstPauseMs = 50;

/**
 * Resolves when nothing is under way any more: with how long is to be waited, where that is why some are left, and nobody
 * but they is concerned.
 */
export async function runLines<Line>(lines: readonly Line[], running: RunningLines<Line>): Promise<number | undefined> {
  const { atOnce, isProbe, ask, groupOf, halted, stopped, now, pause } = running;
  const left = [...lines];
  const underWay = new Set<Promise<void>>();
  let limit = isProbe ? 1 : atOnce;
  let notBeforeMs = 0;
  let refusals = 0;
  let waitMs: number | undefined;
  /** Those that are not asked for any more. */
  const waiting = new Set<string>();
  let othersGoOn = false;
  let failure: { readonly error: unknown } | undefined;

  const refused = (line: Line, retryAfterMs: number, seen: number): void => {
    left.unshift(line);
    // Those that were begun together are refused for the same reason, which counts once.
    if (seen !== refusals) return;
    refusals += 1;
    limit = Math.max(1, Math.floor(limit / 2));
    const inMs = Math.max(retryAfterMs, firstPauseMs * 2 ** refusals);
    if (inMs > longestPauseMs) {
      waitMs = Math.max(waitMs ?? 0, retryAfterMs);
      waiting.add(groupOf(line));
      // Each of the others finds out for itself.
      refusals = 0;
    } else notBeforeMs = now() + inMs;
  };

  const begun = async (line: Line): Promise<void> => {
    const seen = refusals;
    try {
      const verdict = await ask(line);
      if (verdict !== 'answered') return refused(line, verdict.retryAfterMs, seen);
      refusals = 0;
      limit = Math.min(atOnce, limit + 1);
      if (waitMs !== undefined && !waiting.has(groupOf(line))) othersGoOn = true;
    } catch (error) {
      failure ??= { error };
    }
  };

  while (left.length > 0 || underWay.size > 0) {
    const next = left.findIndex((line) => !waiting.has(groupOf(line)));
    const mayBegin = next !== -1 && failure === undefined && !halted();
    if (!mayBegin && underWay.size === 0) break;
    if (!mayBegin || underWay.size >= limit) {
      await Promise.race(underWay);
      continue;
    }
    const inMs = notBeforeMs - now();
    if (inMs > 0) {
      await pause(inMs, stopped);
      continue;
    }
    const [line] = left.splice(next, 1) as [Line];
    const work = begun(line).finally(() => underWay.delete(work));
    underWay.add(work);
  }
  if (failure) throw failure.error;
  return othersGoOn ? undefined : waitMs;
}
