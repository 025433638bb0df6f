/** The composition root goes on: what is logged of a project's calls, and who writes it down. */
import { type AdminDeps, adminGateway, bodiesOf, type Live, readCatalogue, table } from './deps.ts';
import { randomNonce, randomSecret } from './ids.ts';
import { dynamoProjectStore } from './projects/project-store.ts';
import { folderLogFiles } from './request-log/folder-log-files.ts';
import type { LogFiles } from './request-log/log-files.ts';
import type { RequestLogWishes } from './request-log/project-request-log.ts';
import { s3LogFiles } from './request-log/s3-log-files.ts';
import type { WriteLogDeps } from './request-log/write-log.ts';

export type RequestLogPolicyDeps = AdminDeps & {
  readonly defaults: RequestLogWishes;
  readonly hasContentKey: boolean;
  readonly newSecret: () => string;
};

export const requestLogPolicyDeps = (root: Live): RequestLogPolicyDeps => ({
  ...adminGateway(root),
  defaults: readCatalogue(root.env).defaults.requestLog,
  hasContentKey: root.env.requestLog.hasContentKey,
  newSecret: randomSecret,
});

/** For queues that say `requestLogs`. */
export function logFilesOf({ env }: Live): LogFiles {
  const { bucket, folder, kmsKeyArn, secret } = env.requestLog;
  if (bucket) return s3LogFiles(env.aws, { bucket, kmsKeyArn });
  if (folder) return folderLogFiles({ folder, secret, newNonce: randomNonce });
  throw new Error('REQUEST_LOG_BUCKET is not set. Does the queue say `requestLogs` in infra/queues.ts?');
}

export const writeLogDeps = (root: Live): WriteLogDeps => ({
  inbox: bodiesOf(root),
  projects: dynamoProjectStore(root.db, table(root, 'projects')),
  files: logFilesOf(root),
  log: root.log,
  countEvent: root.countEvent,
});
