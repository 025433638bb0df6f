/** What a lane does next for its project. Pure. */
import type { PendingBatch as Batch } from './batch-row.ts';

export type Task =
  /** Its time is over. */
  | { readonly kind: 'expire'; readonly batch: Batch }
  /** Every line of it has an answer. */
  | { readonly kind: 'complete'; readonly batch: Batch }
  | { readonly kind: 'finalise'; readonly batch: Batch }
  | { readonly kind: 'validate'; readonly batch: Batch }
  | { readonly kind: 'answer'; readonly batch: Batch; readonly chunk: number }
  /** There is work that others have in hand, or that has to wait. */
  | { readonly kind: 'later'; readonly inMs: number }
  | { readonly kind: 'nothing' };

/** A lane looks again by then: whoever has the rest in hand may be dead. */
export const longestLookMs = 60_000;
const shortestLookMs = 1_000;

/** What can be told of a file at once comes before answers, and so does a batch's end; among equals the oldest is first. */
export function nextTask(oldestFirst: readonly Batch[], nowMs: number): Task {
  const ready = oldestFirst.filter(({ notBeforeMs }) => notBeforeMs <= nowMs);
  return (
    first(oldestFirst, (batch) => (isOver(batch, nowMs) ? { kind: 'expire', batch } : null)) ??
    first(oldestFirst, (batch) => (isAnswered(batch) ? { kind: 'complete', batch } : null)) ??
    first(ready, (batch) => (mayBeFinalised(batch) ? { kind: 'finalise', batch } : null)) ??
    first(ready, (batch) =>
      batch.status === 'validating' && batch.atWork === 0 ? { kind: 'validate', batch } : null,
    ) ??
    first(ready, (batch) => {
      const chunk = freeChunk(batch);
      return chunk === undefined ? null : { kind: 'answer', batch, chunk };
    }) ??
    otherwise(oldestFirst, nowMs)
  );
}

function first(batches: readonly Batch[], taskOf: (batch: Batch) => Task | null): Task | null {
  for (const batch of batches) {
    const task = taskOf(batch);
    if (task) return task;
  }
  return null;
}

/** Also of one that is still being validated. */
const isOver = ({ status, expiresAtMs }: Batch, nowMs: number): boolean =>
  (status === 'validating' || status === 'in_progress') && expiresAtMs <= nowMs;

const isAnswered = (batch: Batch): boolean =>
  batch.status === 'in_progress' && batch.atWork === 0 && freeChunk(batch) === undefined;

/** Once nobody writes down answers any more. */
const mayBeFinalised = ({ status, atWork }: Batch): boolean =>
  (status === 'finalizing' || status === 'cancelling') && atWork === 0;

/** What was put back comes last: if it waits for one model, others need not. */
export function freeChunk({ status, returned, nextChunk, chunks }: Batch): number | undefined {
  if (status !== 'in_progress') return undefined;
  return nextChunk < chunks ? nextChunk : returned[0];
}

function otherwise(batches: readonly Batch[], nowMs: number): Task {
  if (batches.length === 0) return { kind: 'nothing' };
  const next = Math.min(...batches.flatMap(({ notBeforeMs }) => (notBeforeMs > nowMs ? [notBeforeMs] : [])));
  const inMs = Math.max(shortestLookMs, Math.min(longestLookMs, next - nowMs));
  return { kind: 'later', inMs };
}
