/** What the functions need on one machine: the data folder, the database in it, and the variables that the stack sets on AWS. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod/mini';
import { tableNames, tableVariable } from '../../shared/tables.ts';
import { reachableHost } from './banner.ts';
import type { TableNames } from './create-tables.ts';
import { startDynoxide } from './dynoxide.ts';
import { sampleToolsFolder } from './sample-tool.ts';
import type { LocalSecrets } from './secrets-file.ts';
import type { Settings } from './settings.ts';
import { uploadsPath } from './uploads.ts';

/** Everything that has to be undone at the end, last first. */
export type Undo = (() => void | Promise<void>)[];

export async function undoAll(undo: Undo): Promise<void> {
  for (const step of undo.reverse()) await step();
  undo.length = 0;
}

export function openDataFolder({ dataFolder: wanted }: Settings, undo: Undo): string {
  if (wanted !== null) {
    mkdirSync(wanted, { recursive: true });
    return resolve(wanted);
  }
  const folder = mkdtempSync(join(tmpdir(), 'sluice-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Where the database of a folder answers, for as long as the process runs that has started it. */
const runningSchema = z.object({ pid: z.int(), endpoint: z.string() });
const runningFile = (folder: string): string => join(folder, 'running.json');

export async function openDatabase(settings: Settings, folder: string, undo: Undo): Promise<string> {
  if (settings.dynamodbEndpoint) return settings.dynamodbEndpoint;
  const dynoxide = await startDynoxide(settings.dataFolder === null ? null : join(folder, 'dynamodb.sqlite'));
  undo.push(() => dynoxide.stop());
  writeFileSync(runningFile(folder), JSON.stringify({ pid: process.pid, endpoint: dynoxide.endpoint }));
  undo.push(() => rmSync(runningFile(folder), { force: true }));
  return dynoxide.endpoint;
}

/** The database of a gateway that runs on the same folder; undefined where none does. */
export async function runningDatabase(folder: string): Promise<string | undefined> {
  try {
    const { pid, endpoint } = runningSchema.parse(JSON.parse(readFileSync(runningFile(folder), 'utf8')));
    // Throws where there is no such process: the gateway was killed, and its file is all that is left.
    process.kill(pid, 0);
    await (await fetch(endpoint)).arrayBuffer();
    return endpoint;
  } catch {
    return undefined;
  }
}

export const localTableNames = Object.fromEntries(tableNames.map((name) => [name, `sluice-${name}`])) as TableNames;

export const localQueueTableName = 'sluice-queue';

export type Machine = {
  readonly folder: string;
  readonly endpoint: string;
  readonly resolvedFile: string;
  readonly secrets: LocalSecrets;
  /** Where uploads are taken, and what their addresses are signed with; where nobody listens, absent. */
  readonly uploads?: { readonly port: number; readonly secret: string };
};

/** Any that is free, where none was chosen: an address for uploads is told before anybody listens. */
export async function portOf({ port, host }: Pick<Settings, 'port' | 'host'>): Promise<number> {
  if (port !== 0) return port;
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

/** What the stack sets on AWS. */
export function setVariables(
  variables: NodeJS.ProcessEnv,
  { adminKey, host }: Settings,
  { folder, endpoint, resolvedFile, secrets, uploads }: Machine,
): void {
  Object.assign(variables, {
    SLUICE_RESOLVED_CONFIG: resolvedFile,
    SLUICE_ADMIN_KEY: adminKey ?? secrets.adminKey,
    SLUICE_PEPPERS: JSON.stringify(secrets.peppers),
    DYNAMODB_ENDPOINT: endpoint,
    NOTIFICATIONS_FILE: join(folder, 'notifications.jsonl'),
    REPORTS_FOLDER: join(folder, 'reports'),
    BODIES_FOLDER: join(folder, 'bodies'),
    ...(uploads && {
      LOCAL_UPLOADS_URL:
        variables['LOCAL_UPLOADS_URL'] ?? `http://${reachableHost(host)}:${uploads.port}${uploadsPath}`,
      LOCAL_UPLOADS_SECRET: uploads.secret,
    }),
    REQUEST_LOG_FOLDER: folder,
    REQUEST_LOG_SECRET: secrets.requestLogKey,
    LOCAL_TOOLS_FOLDER: sampleToolsFolder,
    AWS_REGION: variables['AWS_REGION'] ?? 'us-east-1',
    AWS_ACCESS_KEY_ID: variables['AWS_ACCESS_KEY_ID'] ?? 'local',
    AWS_SECRET_ACCESS_KEY: variables['AWS_SECRET_ACCESS_KEY'] ?? 'local',
    POWERTOOLS_LOG_LEVEL: variables['POWERTOOLS_LOG_LEVEL'] ?? 'WARN',
    POWERTOOLS_METRICS_DISABLED: variables['POWERTOOLS_METRICS_DISABLED'] ?? 'true',
    QUEUE_TABLE: localQueueTableName,
    ...Object.fromEntries(tableNames.map((name) => [tableVariable(name), localTableNames[name]])),
  });
}
