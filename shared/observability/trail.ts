/** What is noted of a request while it goes its way: how long its stages take and, of some, what was decided. It belongs to the request (I10). */
import type { Facts } from './log.ts';
import type { Remote, Span, Stage } from './stages.ts';
import { asW3c, type CallersTrace, written, type XrayTrace } from './trace-context.ts';

export type Trail = {
  readonly now: () => number;
  readonly spans: Span[];
  /** Absent where the caller has sent none. */
  readonly callersTrace?: CallersTrace;
  /** Absent where nobody traces the function. */
  readonly xray?: XrayTrace & { readonly newId: () => string };
  /** Of requests that are looked at closely: names, counts and verdicts, never what was said (I6). */
  readonly debug?: (message: string, facts: Facts) => void;
};

/** A run asks and calls tools a dozen times; what an endless one would add is not worth its memory, nor a larger packet. */
const maxSpans = 100;

/** Null where it is not noted. */
export function begin(trail: Trail | undefined, stage: Stage, remote?: Remote): Span | null {
  if (!trail || trail.spans.length >= maxSpans) return null;
  const { now, spans, xray } = trail;
  const id = remote && xray?.sampled ? xray.newId() : undefined;
  const span: Span = { stage, startMs: now(), endMs: null, ...(remote && { remote }), ...(id !== undefined && { id }) };
  spans.push(span);
  return span;
}

export function end(trail: Trail | undefined, span: Span | null): void {
  if (trail && span) span.endMs = trail.now();
}

export async function during<Result>(
  trail: Trail | undefined,
  stage: Stage,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  const span = begin(trail, stage);
  try {
    return await work();
  } finally {
    end(trail, span);
  }
}

/**
 * What a provider or a tool is told of the trace. The caller's own is passed on as it came: its spans are where ours are
 * not, and a parent that nobody has written down would tear its trace in two. Where there is none, X-Ray's is told.
 */
export function traceHeaders({ callersTrace, xray }: Trail, span: Span | null): Readonly<Record<string, string>> {
  const spanId = span?.id;
  if (!xray || spanId === undefined) return callersTrace?.headers ?? {};
  const traceId = asW3c(xray.traceId);
  if (callersTrace && callersTrace.traceId !== traceId) return callersTrace.headers;
  return { ...callersTrace?.headers, traceparent: written(traceId, spanId, true) };
}

/** As it is told. */
export function tracedAs({ callersTrace, xray }: Trail): string | undefined {
  return callersTrace?.traceId ?? (xray?.sampled ? asW3c(xray.traceId) : undefined);
}
