/** What is noted of a request while it goes its way: how long its stages take and, of some, what was decided. It belongs to the request (I10). */
import type { Facts } from './log.ts';
import type { Remote, Span, Stage } from './stages.ts';
import type { CallersTrace } from './trace-context.ts';

export type Trail = {
  readonly now: () => number;
  readonly spans: Span[];
  /** Absent where the caller has sent none. */
  readonly callersTrace?: CallersTrace;
  /** Of requests that are looked at closely: names, counts and verdicts, never what was said (I6). */
  readonly debug?: (message: string, facts: Facts) => void;
};

/** A run asks and calls tools a dozen times; what an endless one would add is not worth its memory. */
const maxSpans = 100;

/** Returns what ends it. */
export function begin(trail: Trail | undefined, stage: Stage, remote?: Remote): () => void {
  if (!trail || trail.spans.length >= maxSpans) return () => {};
  const span: Span = { stage, startMs: trail.now(), endMs: null, ...(remote && { remote }) };
  trail.spans.push(span);
  return () => {
    span.endMs = trail.now();
  };
}

export async function during<Result>(
  trail: Trail | undefined,
  stage: Stage,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  const end = begin(trail, stage);
  try {
    return await work();
  } finally {
    end();
  }
}
