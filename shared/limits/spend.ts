/** What has been spent in the current month, in UTC. */
import type { PageRequest } from '../http/page.ts';
import type { ProjectStore } from '../projects/project-store.ts';
import type { UsageStore } from '../usage/usage-store.ts';

export interface Spend {
  /** In micro-dollars. Refuses when the store is down: a guess would be taken for the truth. */
  monthMicroUsd(projectId: string): Promise<number>;
  /** Of all projects together, the archived ones too: their money is spent. */
  organizationMonthMicroUsd(): Promise<number>;
}

type LedgerDeps = {
  readonly usage: Pick<UsageStore, 'between'>;
  readonly projects: Pick<ProjectStore, 'list'>;
  readonly now: () => number;
};

/** From the ledger itself, row by row: exact, and as slow as the month is long. */
export function ledgerSpend({ usage, projects, now }: LedgerDeps): Spend {
  const monthMicroUsd = async (projectId: string): Promise<number> => {
    const nowMs = now();
    const date = new Date(nowMs);
    const monthStartMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
    let sum = 0;
    for await (const row of usage.between(projectId, monthStartMs, nowMs + 1)) {
      if (row.state === 'settled') sum += row.costMicroUsd;
    }
    return sum;
  };

  return {
    monthMicroUsd,

    async organizationMonthMicroUsd() {
      let sum = 0;
      let page: PageRequest | null = { limit: 100 };
      while (page !== null) {
        const { items, hasMore } = await projects.list(page, true);
        for (const { id } of items) sum += await monthMicroUsd(id);
        page = hasMore ? { limit: 100, after: items.at(-1)?.id } : null;
      }
      return sum;
    },
  };
}
