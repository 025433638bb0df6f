/** `project.violation_report`: what guardrails found in a project over some days, in the guide's words and some more. */
import * as z from 'zod/mini';
import { wholeNumber } from '../http/page.ts';
import { Tally } from './tally.ts';
import { retentionDays, type Violation } from './violation.ts';
import { violationObject } from './violation-object.ts';
import { dayMs, idsBetween } from './violation-range.ts';
import type { ViolationStore } from './violation-store.ts';

export const violationReportSchema = z.strictObject({ days: z._default(wholeNumber(1, retentionDays), 30) });

/** What a function can read while API Gateway waits, with a margin: docs/adr/0052. */
export const mostCounted = 50_000;

const mostRecent = 10;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const seconds = (ms: number): number => Math.floor(ms / 1000);

/** Of the last days in UTC, today included. Newest first, so that what is left out of too many is the oldest. */
export async function violationReport(
  { violations, now }: { readonly violations: Pick<ViolationStore, 'within'>; readonly now: () => number },
  projectId: string,
  days: number,
) {
  const nowMs = now();
  const tomorrow = (Math.floor(nowMs / dayMs) + 1) * dayMs;
  const fromMs = tomorrow - days * dayMs;
  const tally = new Tally();
  const byDay = new Map(Array.from({ length: days }, (_, index) => [dayOf(fromMs + index * dayMs), 0]));
  const recent: Violation[] = [];
  let countedSince = seconds(fromMs);
  let truncated = false;

  const range = idsBetween(fromMs, tomorrow, nowMs);
  for await (const violation of range ? violations.within(projectId, range, 'desc') : []) {
    if (tally.total === mostCounted) {
      truncated = true;
      break;
    }
    tally.add(violation);
    const day = dayOf(violation.createdAt * 1000);
    byDay.set(day, (byDay.get(day) ?? 0) + 1);
    if (recent.length < mostRecent) recent.push(violation);
    if (tally.total === mostCounted) countedSince = violation.createdAt;
  }

  return {
    object: 'project.violation_report',
    days,
    start_time: seconds(fromMs),
    end_time: seconds(nowMs),
    total_violations: tally.total,
    category_counts: tally.categories,
    stage_counts: tally.stages,
    guardrail_counts: tally.guardrails,
    action_counts: tally.actions,
    api_key_counts: tally.keys,
    trend: [...byDay].map(([date, count]) => ({ date, total_violations: count })),
    // In order of time, as the guide's.
    recent_violations: recent.reverse().map(violationObject),
    truncated,
    // Where there are more than are counted, earlier days are not nought but unknown.
    counted_since: truncated ? countedSince : seconds(fromMs),
  };
}
