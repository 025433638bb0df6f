/**
 * Tells of spend that has reached an alert's threshold: once per alert and month.
 *
 * Any number of sweeps may do this at the same time. Whoever claims the alert,
 * by one write on the condition that nobody has changed it since it was read,
 * publishes, and marks it as sent by a second write. So everyone is told once;
 * and at least once, if a function dies between the two writes: its claim is
 * taken over after 15 minutes, and if it died after it had published, but before
 * it could mark that, the second message is one too many. The other order would
 * lose messages instead.
 *
 * No store or topic that is down fails the sweep (I12): it is logged, and the
 * next sweep tries again.
 */
import type { Notify } from '../notifications/notify.ts';
import type { Log } from '../observability/log.ts';
import type { OrganizationStore } from '../organization/organization-store.ts';
import type { ProjectStore } from '../projects/project-store.ts';
import { claimed, isDue, type MonthsSpend } from './firing.ts';
import { type Spender, spendAlertNotification } from './message.ts';
import { organizationScope, type SpendAlert } from './spend-alert.ts';
import type { SpendAlertStore } from './spend-alert-store.ts';

export type FireDeps = {
  readonly alerts: SpendAlertStore;
  readonly projects: ProjectStore;
  readonly organization: OrganizationStore;
  readonly notify: Notify;
  readonly log: Log;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
};

/** A project's id, or `organization` with the sum over all projects. */
export type ScopesSpend = MonthsSpend & { readonly scope: string };

/** Returns how many messages were published. */
export async function fireSpendAlerts(deps: FireDeps, spend: ScopesSpend): Promise<number> {
  const { alerts, log, now } = deps;
  const { scope, month } = spend;
  try {
    const due = (await alerts.all(scope)).filter((alert) => isDue(alert, spend, now()));
    if (due.length === 0) return 0;
    // Before any claim: a claim whose message cannot be written would have to be waited for.
    const spender = await spenderOf(deps, scope);
    let published = 0;
    for (const alert of due) {
      try {
        if (await tell(deps, alert, spend, spender)) published++;
      } catch (error) {
        log.error('spend alert not told', { scope, month, alertId: alert.id, error });
      }
    }
    return published;
  } catch (error) {
    log.error('spend alerts not looked at', { scope, month, error });
    return 0;
  }
}

async function tell(
  { alerts, notify, log, now, newId }: FireDeps,
  alert: SpendAlert,
  spend: ScopesSpend,
  spender: Spender,
): Promise<boolean> {
  const { month } = spend;
  const claimId = newId('claim_');
  if (!(await alerts.claim(alert, claimed(alert, month, claimId, now())))) return false;
  await notify.publish(spendAlertNotification(alert, spend, spender, now()));
  await alerts.markSent(alert, month, claimId, now());
  log.info('spend alert told', { scope: alert.scope, month, alertId: alert.id });
  return true;
}

async function spenderOf({ projects, organization }: FireDeps, scope: string): Promise<Spender> {
  if (scope === organizationScope) {
    return { projectName: null, spendLimitMicroUsd: (await organization.get()).spendLimitMicroUsd };
  }
  const project = await projects.get(scope);
  return { projectName: project?.name ?? null, spendLimitMicroUsd: project?.spendLimitMicroUsd ?? null };
}
