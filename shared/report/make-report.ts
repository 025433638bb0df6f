/** From the ledger to a report: one pass over all projects, then the API's word for it. */
import type { KeyStore } from '../keys/key-store.ts';
import type { OrganizationStore } from '../organization/organization-store.ts';
import { allProjects } from '../projects/every-project.ts';
import type { Project } from '../projects/project.ts';
import type { BucketPageDeps } from '../usage/bucket-page.ts';
import { Aggregate, noTotals } from './aggregate.ts';
import { checkAgainstApi } from './check.ts';
import { growthBetween } from './growth.ts';
import { keyLines, lines, modeLines } from './lines.ts';
import { MonthSpend } from './month-spend.ts';
import { type NamedKeys, namesOfKeys } from './named-keys.ts';
import { type Period, previousOf, startOfMonth } from './period.ts';
import type { Limit, Report, Step } from './report.ts';
import { type SafetyDeps, safetyOf } from './safety.ts';
import { slotsOf, slotUnit } from './slots.ts';

export type MakeReportDeps = BucketPageDeps &
  SafetyDeps & {
    readonly keys: Pick<KeyStore, 'list'>;
    readonly organization: Pick<OrganizationStore, 'get'>;
  };

const parallelProjects = 8;

/** Rejects when the ledger cannot be read: half a report would be a wrong one (I12). */
export async function makeReport(deps: MakeReportDeps, period: Period): Promise<Report> {
  const generatedAtMs = deps.now();
  const previous = previousOf(period);
  const unit = slotUnit(period);
  const current = new Aggregate(unit, generatedAtMs);
  const before = new Aggregate(unit, generatedAtMs);
  const month = new MonthSpend();
  const monthFromMs = startOfMonth(period.toMs - 1);

  const projects = await allProjects(deps.projects);
  const queue = projects.map(({ id }) => id);
  const worker = async () => {
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      for await (const row of deps.usage.between(id, Math.min(previous.fromMs, monthFromMs), period.toMs)) {
        if (row.startedAtMs >= period.fromMs) current.add(row);
        else if (row.startedAtMs >= previous.fromMs) before.add(row);
        if (row.startedAtMs >= monthFromMs) month.add(row);
      }
    }
  };
  await Promise.all(Array.from({ length: parallelProjects }, worker));

  const keys = await namesOfKeys(deps.keys, projects);
  const projectNames = new Map(projects.map(({ id, name }) => [id, name]));
  const steps = ({ slots }: Aggregate, span: Period): Step[] =>
    slotsOf(unit, span).map((startMs) => ({ startMs, ...(slots.get(startMs) ?? noTotals()) }));
  const { spendLimitMicroUsd } = await deps.organization.get();

  return {
    period,
    previous,
    generatedAtMs,
    total: current.total,
    previousTotal: before.total,
    unit,
    trend: steps(current, period),
    previousTrend: steps(before, previous),
    projects: lines(current.projects, before.projects, projectNames),
    keys: keyLines(current, before, keys, projectNames),
    models: lines(current.models, before.models),
    providers: lines(current.providers, before.providers),
    modes: modeLines(current.modes, before.modes),
    limits: limitsOf(month, spendLimitMicroUsd, projects, keys),
    growth: growthBetween(current, before, { project: projectNames, key: keys.names }),
    outcomes: [...current.outcomes]
      .map(([outcome, requests]) => ({ outcome, requests }))
      .sort((a, b) => b.requests - a.requests || (a.outcome < b.outcome ? -1 : 1)),
    safety: await safetyOf({ ...deps, now: () => generatedAtMs }, projects, { period, previous, unit }),
    check: await checkAgainstApi({ ...deps, now: () => generatedAtMs }, period, current),
  };
}

/** Those that are set, the fullest first. */
function limitsOf(
  month: MonthSpend,
  ofOrganization: number | null,
  projects: readonly Project[],
  keys: NamedKeys,
): Limit[] {
  const limits: Limit[] = [];
  const add = (
    scope: Limit['scope'],
    id: string,
    name: string,
    spentMicroUsd: number,
    limitMicroUsd: number | null,
  ) => {
    if (limitMicroUsd !== null) limits.push({ scope, id, name, spentMicroUsd, limitMicroUsd });
  };
  add('organization', 'organization', 'Organization', month.totalMicroUsd, ofOrganization);
  for (const { id, name, spendLimitMicroUsd, archivedAt } of projects) {
    if (archivedAt === null) add('project', id, name, month.projects.get(id) ?? 0, spendLimitMicroUsd);
  }
  for (const { id, name, projectName, limitMicroUsd } of keys.limits) {
    add('key', id, `${name}, ${projectName}`, month.keys.get(id) ?? 0, limitMicroUsd);
  }
  const share = ({ spentMicroUsd, limitMicroUsd }: Limit) => spentMicroUsd / Math.max(1, limitMicroUsd);
  return limits.sort((a, b) => share(b) - share(a) || (a.id < b.id ? -1 : 1));
}
