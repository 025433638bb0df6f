/**
 * After a sweep: what nobody sees by looking at requests, counted. Nothing is
 * told where there is nothing to tell, so that a gateway which nobody calls has
 * no metric to pay for. A store that is down is logged, and the next sweep looks
 * again (I12).
 */
import type { CircuitStore } from '../circuits/circuit-store.ts';
import type { Spend } from '../limits/spend.ts';
import type { Log } from '../observability/log.ts';
import type { CountEvent, WatchedEvent } from '../observability/metrics.ts';
import type { OrganizationStore } from '../organization/organization-store.ts';
import type { ProjectStore } from '../projects/project-store.ts';

export type TellStateDeps = {
  readonly circuits: Pick<CircuitStore, 'all'>;
  readonly projects: Pick<ProjectStore, 'get'>;
  readonly organization: Pick<OrganizationStore, 'get'>;
  readonly spend: Spend;
  readonly countEvent: CountEvent;
  readonly log: Log;
};

type Swept = { readonly abandoned: number; readonly activeProjects: ReadonlySet<string> };

export async function tellState(deps: TellStateDeps, { abandoned, activeProjects }: Swept): Promise<void> {
  const { countEvent, log } = deps;
  const tell = async (event: WatchedEvent, counted: () => Promise<number>): Promise<void> => {
    try {
      const count = await counted();
      if (count > 0) countEvent(event, count);
    } catch (error) {
      log.error('state not known', { event, error });
    }
  };
  await tell('ReservationsSwept', async () => abandoned);
  await tell('OpenCircuits', () => openCircuits(deps));
  if (activeProjects.size > 0) await tell('NegativeBudgets', () => negativeBudgets(deps, activeProjects));
}

const openCircuits = async ({ circuits }: TellStateDeps): Promise<number> =>
  [...(await circuits.all()).values()].filter(({ state }) => state !== 'closed').length;

/** Of those who have called models since the last sweep, and of all together: nobody else's spend has changed. */
async function negativeBudgets(
  { projects, organization, spend, log }: TellStateDeps,
  activeProjects: ReadonlySet<string>,
): Promise<number> {
  let negative = 0;
  const look = async (scope: string, limitMicroUsd: number | null, spentMicroUsd: () => Promise<number>) => {
    if (limitMicroUsd === null) return;
    const overspentMicroUsd = (await spentMicroUsd()) - limitMicroUsd;
    if (overspentMicroUsd <= 0) return;
    negative += 1;
    log.error('budget is negative', { scope, limitMicroUsd, overspentMicroUsd });
  };
  for (const id of activeProjects) {
    const limitMicroUsd = (await projects.get(id))?.spendLimitMicroUsd ?? null;
    await look(id, limitMicroUsd, () => spend.monthMicroUsd(id));
  }
  const { spendLimitMicroUsd } = await organization.get();
  await look('organization', spendLimitMicroUsd, () => spend.organizationMonthMicroUsd());
  return negative;
}
