/** The composition root goes on: what the functions that the clock calls are made of. */
import { admissionStore, idsFrom, type Live, notifyOf, readCatalogue, table } from './deps.ts';
import { countedSpend, type Spend } from './limits/spend.ts';
import { dynamoOrganizationStore } from './organization/organization-store.ts';
import { dynamoProjectStore } from './projects/project-store.ts';
import type { FireDeps } from './spend-alerts/fire.ts';
import { dynamoSpendAlertStore } from './spend-alerts/spend-alert-store.ts';
import type { SweepDeps } from './sweep/sweep.ts';
import { dynamoUsageStore } from './usage/usage-store.ts';

export type SweepFunctionDeps = SweepDeps & FireDeps & { readonly spend: Spend };

export function sweepDeps(root: Live): SweepFunctionDeps {
  const store = admissionStore(root);
  const projects = dynamoProjectStore(root.db, table(root, 'projects'));
  return {
    store,
    usage: dynamoUsageStore(root.db, table(root, 'usage')),
    settings: readCatalogue(root.env).sweep,
    spend: countedSpend({ store, projects, now: root.now }),
    alerts: dynamoSpendAlertStore(root.db, table(root, 'spendAlerts')),
    projects,
    organization: dynamoOrganizationStore(root.db, table(root, 'projects')),
    notify: notifyOf(root),
    log: root.log,
    now: root.now,
    newId: idsFrom(root.now),
  };
}
