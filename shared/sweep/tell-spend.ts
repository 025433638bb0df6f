/** After a sweep: tells of the spend of whoever has called models since, and of all together. */
import type { Spend } from '../limits/spend.ts';
import { type FireDeps, fireSpendAlerts } from '../spend-alerts/fire.ts';
import { monthOf } from '../spend-alerts/firing.ts';
import { organizationScope } from '../spend-alerts/spend-alert.ts';

export async function tellSpend(
  deps: FireDeps & { readonly spend: Spend },
  activeProjects: ReadonlySet<string>,
): Promise<number> {
  if (activeProjects.size === 0) return 0;
  const { spend, alerts, log, now } = deps;
  const month = monthOf(now());
  let told = 0;
  for (const scope of activeProjects) {
    // One project that cannot be read must not keep the others' alerts back; the next sweep looks again.
    try {
      told += await fireSpendAlerts(deps, { scope, month, spentMicroUsd: await spend.monthMicroUsd(scope) });
    } catch (error) {
      log.error('spend not known', { scope, error });
    }
  }
  // All projects are added up only for who wants to know.
  if ((await alerts.all(organizationScope)).length > 0) {
    const spentMicroUsd = await spend.organizationMonthMicroUsd();
    told += await fireSpendAlerts(deps, { scope: organizationScope, month, spentMicroUsd });
  }
  return told;
}
