/** Between which ids to look for a time. Ids begin with theirs. Pure. */
import { base62 } from '../ids.ts';
import { retentionDays, violationIdPrefix } from './violation.ts';
import type { IdRange, Order } from './violation-store.ts';

export const dayMs = 86_400_000;

const firstIdAt = (ms: number): string => violationIdPrefix + base62(ms, 8) + '0'.repeat(12);
const lastIdAt = (ms: number): string => violationIdPrefix + base62(ms, 8) + 'z'.repeat(12);

/** DynamoDB deletes what has expired days late. */
const oldestKept = (nowMs: number): number => nowMs - retentionDays * dayMs;

/** Is everything of this time on still there? */
export const isKept = (fromMs: number, nowMs: number): boolean => fromMs >= oldestKept(nowMs);

/** Of [fromMs, toMs), as far as it is kept; null where nothing of it is. */
export function idsBetween(fromMs: number, toMs: number, nowMs: number): IdRange | null {
  const from = Math.max(fromMs, oldestKept(nowMs));
  return from < toMs ? { from: firstIdAt(from), to: lastIdAt(toMs - 1) } : null;
}

/** All that is kept, that included which an instance has written whose clock is ahead. */
export const allIds = (nowMs: number): IdRange => ({
  from: firstIdAt(oldestKept(nowMs)),
  to: violationIdPrefix + 'z'.repeat(20),
});

/** From a cursor on, itself included; null where nothing comes after it. A cursor is a place in time, whosever violation it names. */
export function fromCursor({ from, to }: IdRange, cursor: string | undefined, order: Order): IdRange | null {
  if (cursor === undefined) return { from, to };
  const range = order === 'asc' ? { from: cursor > from ? cursor : from, to } : { from, to: cursor < to ? cursor : to };
  return range.from <= range.to ? range : null;
}
