/** The composition root goes on: what the functions that the clock calls are made of. */
import { wakingOf } from './batch-deps.ts';
import type { WakeDeps } from './batches/wake.ts';
import { erasureOf } from './conversation-deps.ts';
import { admissionStore, circuitStore, idsFrom, type Live, readCatalogue, table } from './deps.ts';
import { filesOf, objectsOf } from './file-deps.ts';
import { dynamoKeyStore } from './keys/key-store.ts';
import { countedSpend, type Spend } from './limits/spend.ts';
import { fileNotify } from './notifications/file-notify.ts';
import type { Notify } from './notifications/notify.ts';
import { snsNotify } from './notifications/sns-notify.ts';
import type { Log } from './observability/log.ts';
import type { CountEvent } from './observability/metrics.ts';
import { dynamoOrganizationStore } from './organization/organization-store.ts';
import { dynamoProjectStore } from './projects/project-store.ts';
import { folderReportFiles } from './report/folder-report-files.ts';
import type { MakeReportDeps } from './report/make-report.ts';
import type { PublishDeps } from './report/publish-report.ts';
import type { ReportFiles } from './report/report-files.ts';
import { s3ReportFiles } from './report/s3-report-files.ts';
import type { FireDeps } from './spend-alerts/fire.ts';
import { dynamoSpendAlertStore } from './spend-alerts/spend-alert-store.ts';
import type { ErasureDeps } from './sweep/erase-conversations.ts';
import type { EraseFilesDeps } from './sweep/erase-files.ts';
import type { SweepDeps } from './sweep/sweep.ts';
import type { TellStateDeps } from './sweep/tell-state.ts';
import { dynamoUsageStore } from './usage/usage-store.ts';
import { dynamoViolationStore } from './violations/violation-store.ts';

/** For schedules that say `publishes`. */
export function notifyOf({ env, now }: Live): Notify {
  const { topicArn, file } = env.notifications;
  if (topicArn) return snsNotify(env.aws, topicArn);
  if (file) return fileNotify(file, now);
  throw new Error('NOTIFICATIONS_TOPIC is not set. Does the schedule say `publishes` in infra/schedules.ts?');
}

export type SweepFunctionDeps = SweepDeps &
  FireDeps &
  ErasureDeps &
  EraseFilesDeps &
  TellStateDeps &
  WakeDeps & { readonly spend: Spend };

export function sweepDeps(root: Live): SweepFunctionDeps {
  const store = admissionStore(root);
  const config = readCatalogue(root.env);
  const projects = dynamoProjectStore(root.db, table(root, 'projects'));
  return {
    store,
    usage: dynamoUsageStore(root.db, table(root, 'usage')),
    settings: config.sweep,
    ...wakingOf(root, config),
    spend: countedSpend({ store, projects, now: root.now }),
    alerts: dynamoSpendAlertStore(root.db, table(root, 'spendAlerts')),
    projects,
    organization: dynamoOrganizationStore(root.db, table(root, 'projects')),
    notify: notifyOf(root),
    erasure: erasureOf(root),
    circuits: circuitStore(root),
    countEvent: root.countEvent,
    files: filesOf(root),
    objects: objectsOf(root),
    log: root.log,
    now: root.now,
    newId: idsFrom(root.now),
  };
}

/** For schedules that say `bucket`. */
export function reportFilesOf({ env }: Live): ReportFiles {
  const { bucket, folder } = env.reports;
  if (bucket) return s3ReportFiles(env.aws, bucket);
  if (folder) return folderReportFiles(folder);
  throw new Error('REPORTS_BUCKET is not set. Does the schedule say `bucket` in infra/schedules.ts?');
}

export type ReportDeps = MakeReportDeps & PublishDeps & { readonly log: Log; readonly countEvent: CountEvent };

export function reportDeps(root: Live): ReportDeps {
  const projects = table(root, 'projects');
  return {
    usage: dynamoUsageStore(root.db, table(root, 'usage')),
    projects: dynamoProjectStore(root.db, projects),
    keys: dynamoKeyStore(root.db, table(root, 'keys')),
    organization: dynamoOrganizationStore(root.db, projects),
    violations: dynamoViolationStore(root.db, table(root, 'violations')),
    files: reportFilesOf(root),
    notify: notifyOf(root),
    log: root.log,
    countEvent: root.countEvent,
    now: root.now,
  };
}
