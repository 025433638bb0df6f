/** After a sweep: tells of the spend of whoever has called models since, and of all together. */
import { monthOf } from '../calendar/month.ts';
import type { Spend } from '../limits/spend.ts';
import { type FireDeps, fireSpendAlerts } from '../spend-alerts/fire.ts';
import { organizationScope } from '../spend-alerts/spend-alert.ts';

/** A month's last calls are known by then, also those that have to be swept. */
const lateMs = 2 * 3_600_000;

/** Instants in the months that are to be told of: this one, and for a while the last one, too. */
const instants = (nowMs: number): number[] =>
  monthOf(nowMs) === monthOf(nowMs - lateMs) ? [nowMs] : [nowMs, nowMs - lateMs];

export async function tellSpend(
  deps: FireDeps & { readonly spend: Spend },
  activeProjects: ReadonlySet<string>,
): Promise<number> {
  if (activeProjects.size === 0) return 0;
  const { spend, alerts, log, now } = deps;
  let told = 0;
  // One scope whose spend cannot be read must not keep the others' alerts back; the next sweep looks again.
  const tell = async (scope: string, spentAt: (atMs: number) => Promise<number>): Promise<void> => {
    try {
      for (const atMs of instants(now())) {
        told += await fireSpendAlerts(deps, { scope, month: monthOf(atMs), spentMicroUsd: await spentAt(atMs) });
      }
    } catch (error) {
      log.error('spend not known', { scope, error });
    }
  };

  for (const scope of activeProjects) await tell(scope, (atMs) => spend.monthMicroUsd(scope, atMs));
  // All projects are added up only for who wants to know.
  const wanted = await alerts.all(organizationScope).catch((error: unknown) => {
    log.error('spend alerts not looked at', { scope: organizationScope, error });
    return [];
  });
  if (wanted.length > 0) await tell(organizationScope, (atMs) => spend.organizationMonthMicroUsd(atMs));
  return told;
}
