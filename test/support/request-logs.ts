/** What stands in the request log of a gateway of the tests, and what is on its way there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { readRequestLog } from '../../infra/local/read-request-log.ts';
import { logsPrefix } from '../../shared/request-log/log-line.ts';
import { adminKey, type Tenant } from './gateway.ts';
import type { Scene } from './scene.ts';

export type LoggedLine = {
  readonly id: string;
  readonly request_id: string;
  readonly content?: { readonly request?: unknown; readonly response?: unknown } & Readonly<Record<string, unknown>>;
} & Readonly<Record<string, unknown>>;

export async function loggedTenant({ gateway }: Scene, policy: object): Promise<Tenant> {
  const tenant = await gateway.tenant();
  await gateway
    .withKey(adminKey)
    .post(`/organization/projects/${tenant.projectId}/request_log_policy`, { body: policy });
  return tenant;
}

const folderOf = ({ gateway }: Scene): string => gateway.live.env.requestLog.folder ?? '';

/** Below a folder, as they lie there, by their paths. */
export function filesBelow(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const file = join(parentPath, name);
      return [relative(folder, file), readFileSync(file, 'latin1')];
    }),
  );
}

export const logFiles = (on: Scene) => filesBelow(join(folderOf(on), logsPrefix));
export const inboxFiles = ({ gateway }: Scene) =>
  filesBelow(join(gateway.live.env.bodies.folder ?? '', 'request-log-inbox'));

/** Once everything has ended and the worker has written. */
export async function logged(on: Scene, projectId?: string): Promise<LoggedLine[]> {
  await on.gateway.idle();
  await on.gateway.runQueue('requestLog');
  const { secret = '' } = on.gateway.live.env.requestLog;
  return readRequestLog(folderOf(on), secret, projectId) as LoggedLine[];
}

/** Messages as they lie in the queue, and those that were put aside. */
export async function queued({ database }: Scene): Promise<Record<string, unknown>[]> {
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.queueTable }));
  return Items.filter(({ queue }) => String(queue).startsWith('requestLog'));
}
