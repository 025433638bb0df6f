/** What guardrails found in all projects, beside what they found in the period before. */
import type { Project } from '../projects/project.ts';
import type { Stage } from '../safety/finding.ts';
import { type Counts, Tally } from '../violations/tally.ts';
import { idsBetween, isKept } from '../violations/violation-range.ts';
import type { ViolationStore } from '../violations/violation-store.ts';
import type { Period } from './period.ts';
import { type SlotUnit, slotOf, slotsOf } from './slots.ts';

export type SafetyLine = {
  readonly id: string;
  readonly name: string;
  readonly violations: number;
  /** Null where it is not known: too long ago, or too many to have been counted. */
  readonly previousViolations: number | null;
  readonly categories: Counts;
  readonly stages: Counts;
  readonly actions: Counts;
  /** There are more than these. */
  readonly truncated: boolean;
};

export type CategoryLine = { readonly category: string } & Readonly<Record<Stage, number>>;

export type Safety = {
  readonly violations: number;
  readonly previousViolations: number | null;
  readonly blocked: number;
  readonly trend: readonly { readonly startMs: number; readonly violations: number }[];
  /** Those with the most first, as all that follow. */
  readonly projects: readonly SafetyLine[];
  readonly categories: readonly CategoryLine[];
};

export type SafetyDeps = { readonly violations: Pick<ViolationStore, 'within'>; readonly now: () => number };

/** Of one project, the newest first: half a minute of reading, where 15 minutes are for all. */
export const mostCounted = 200_000;

const parallelProjects = 8;

/** Rejects where the table is down, as the rest of the report does (I12). */
export async function safetyOf(
  { violations, now }: SafetyDeps,
  projects: readonly Project[],
  { period, previous, unit }: { readonly period: Period; readonly previous: Period; readonly unit: SlotUnit },
): Promise<Safety> {
  const nowMs = now();
  const slots = new Map(slotsOf(unit, period).map((startMs) => [startMs, 0]));
  const categories = new Map<string, CategoryLine>();
  const lines: SafetyLine[] = [];

  const count = async ({ id, name }: Project) => {
    const tally = new Tally();
    let before = 0;
    let truncated = false;
    const range = idsBetween(previous.fromMs, period.toMs, nowMs);
    for await (const violation of range ? violations.within(id, range, 'desc') : []) {
      if (tally.total + before === mostCounted) {
        truncated = true;
        break;
      }
      const atMs = violation.createdAt * 1000;
      if (atMs < period.fromMs) {
        before += 1;
        continue;
      }
      tally.add(violation);
      const slot = slotOf(unit, atMs);
      slots.set(slot, (slots.get(slot) ?? 0) + 1);
      for (const category of new Set(violation.categories)) {
        const line = categories.get(category) ?? { category, input: 0, output: 0 };
        categories.set(category, { ...line, [violation.stage]: line[violation.stage] + 1 });
      }
    }
    if (tally.total + before === 0) return;
    lines.push({
      id,
      name,
      violations: tally.total,
      previousViolations: truncated || !isKept(previous.fromMs, nowMs) ? null : before,
      categories: tally.categories,
      stages: tally.stages,
      actions: tally.actions,
      truncated,
    });
  };
  const queue = [...projects];
  const worker = async () => {
    for (let project = queue.pop(); project !== undefined; project = queue.pop()) await count(project);
  };
  await Promise.all(Array.from({ length: parallelProjects }, worker));

  const isBeforeKnown = isKept(previous.fromMs, nowMs) && lines.every((line) => line.previousViolations !== null);
  return {
    violations: sum(lines.map((line) => line.violations)),
    previousViolations: isBeforeKnown ? sum(lines.map((line) => line.previousViolations ?? 0)) : null,
    blocked: sum(lines.map(({ actions }) => actions['blocked'] ?? 0)),
    trend: [...slots].map(([startMs, found]) => ({ startMs, violations: found })),
    projects: lines.sort((a, b) => b.violations - a.violations || (a.id < b.id ? -1 : 1)),
    categories: [...categories.values()].sort(
      (a, b) => b.input + b.output - a.input - a.output || (a.category < b.category ? -1 : 1),
    ),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
