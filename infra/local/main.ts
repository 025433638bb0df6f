/** The gateway on one machine, with everything embedded: what `npm start` runs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomSecret } from '../../shared/ids.ts';
import { folderObjects } from '../../shared/objects/folder-objects.ts';
import { logsPrefix } from '../../shared/request-log/log-line.ts';
import { ConfigError, readConfig, resolveConfig, warningsOf } from '../build/resolve-config.ts';
import { queues } from '../queues.ts';
import { routes } from '../routes.ts';
import { schedulesWith } from '../schedules.ts';
import { banner } from './banner.ts';
import { createQueueTable, createTables } from './create-tables.ts';
import type { OnEnded } from './ended-request.ts';
import { loadFunctions } from './functions.ts';
import {
  localQueueTableName,
  localTableNames,
  openDatabase,
  openDataFolder,
  portOf,
  setVariables,
  type Undo,
  undoAll,
} from './machine.ts';
import { removeOldBodies } from './old-bodies.ts';
import { expireRequestLogs } from './old-request-logs.ts';
import { loadQueued, startQueues } from './queues.ts';
import { requestLine } from './request-line.ts';
import { registerSampleTool } from './sample-tool.ts';
import { loadScheduled, startSchedules } from './schedules.ts';
import { loadSecrets, newSecrets } from './secrets-file.ts';
import { localGateway } from './server.ts';
import { readSettings, SettingsError } from './settings.ts';
import { isSilent } from './silent.ts';
import { takeUploads } from './uploads.ts';

const now = (): number => Date.now();

/** Colours are for people who look on, and who have not said that they want none: https://no-color.org */
function printLines(stdout: NodeJS.WriteStream, variables: NodeJS.ProcessEnv): OnEnded {
  const colours = stdout.isTTY && !variables['NO_COLOR'] && variables['TERM'] !== 'dumb';
  // Whoever read the lines has gone: `npm start | head`. That is no reason to stop serving.
  stdout.on('error', () => {});
  return (ended) => {
    stdout.write(`${requestLine(ended, { colours })}\n`);
  };
}

/** Returns once it serves. The process lives on until it is told to stop. */
async function start(variables: NodeJS.ProcessEnv, args: readonly string[], undo: Undo): Promise<void> {
  const settings = readSettings(variables);
  const print = isSilent(args, variables) ? () => {} : printLines(process.stdout, variables);
  const config = readConfig(settings.configFile);
  const resolved = resolveConfig(config, {
    now: new Date(now()),
    openaiBaseURL: settings.openaiBaseURL,
    demoWithoutKey: (variable) => !variables[variable],
  });

  const folder = openDataFolder(settings, undo);
  const secrets = settings.dataFolder === null ? newSecrets() : loadSecrets(folder);
  const schedules = schedulesWith(resolved.sweep);
  const resolvedFile = join(folder, 'sluice.resolved.json');
  writeFileSync(resolvedFile, JSON.stringify(resolved));
  const endpoint = await openDatabase(settings, folder, undo);

  const port = await portOf(settings);
  const uploads = { port, secret: randomSecret() };
  setVariables(variables, settings, { folder, endpoint, resolvedFile, secrets, uploads });

  await removeOldBodies(join(folder, 'bodies'), now());
  undo.push(
    expireRequestLogs(join(folder, logsPrefix), now, (error) =>
      process.stderr.write(`Old request logs were not removed: ${explain(error)}\n`),
    ),
  );

  const { documentClient } = await import('../../shared/dynamo/client.ts');
  const { readEnvironment } = await import('../../shared/environment.ts');
  const { dynamoToolStore } = await import('../../shared/tools/tool-store.ts');
  const { dynamoQueueStore } = await import('../../shared/queues/queue-store.ts');
  const client = documentClient(readEnvironment(variables).aws);
  const created = Promise.all([
    createTables(client, localTableNames),
    createQueueTable(client, localQueueTableName),
  ]).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED')) throw error;
    throw new SettingsError(
      `No DynamoDB answers at ${endpoint}. Start it, or unset DYNAMODB_ENDPOINT for the embedded one.`,
    );
  });
  const [functions, scheduled, queued] = await Promise.all([
    loadFunctions(routes),
    loadScheduled(schedules),
    loadQueued(queues),
    created,
  ]);
  await registerSampleTool(dynamoToolStore(client, localTableNames.tools), now());

  const { liveHost } = await import('./live-host.ts');
  const host = liveHost({ client, config: resolved, queues, now, underWay: () => gateway.underWay() });
  const onEnded: OnEnded = (ended) => {
    host.onEnded(ended);
    print(ended);
  };
  const objects = folderObjects(join(folder, 'bodies'), () =>
    Promise.reject(new Error('Only functions sign addresses.')),
  );
  const takeUpload = takeUploads({ objects, secret: uploads.secret, now });
  const gateway = localGateway(routes, functions, now, { host, onEnded }, takeUpload);
  undo.push(() => gateway.drain());
  await new Promise<void>((listening, failed) => {
    gateway.server.once('error', failed);
    gateway.server.listen(port, settings.host, listening);
  });
  // From here to the banner nothing waits, so that no request is printed before it.
  const running = startSchedules(schedules, scheduled, (name, error) =>
    process.stderr.write(`The schedule ${name} failed: ${explain(error)}\n`),
  );
  undo.push(() => running.stop());
  const delivering = startQueues(queues, queued, {
    store: dynamoQueueStore(client, localQueueTableName),
    now,
    onFailure: (name, error) => process.stderr.write(`The queue ${name} failed: ${explain(error)}\n`),
    onEnded,
  });
  undo.push(() => delivering.stop());
  process.stdout.write(
    banner({
      host: settings.host,
      port,
      adminKey: settings.adminKey ?? secrets.adminKey,
      adminKeyIsGiven: settings.adminKey !== undefined,
      providers: resolved.providers,
      dataFolder: settings.dataFolder === null ? null : folder,
      warnings: warningsOf(resolved),
    }),
  );
}

/** Wrong settings are the user's to mend, so they get a sentence; anything else is ours and keeps its stack. */
function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof SettingsError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return 'The port is taken. Stop what listens there, or choose another: PORT=8788 npm start';
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export async function main(): Promise<void> {
  const undo: Undo = [];
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await undoAll(undo);
    process.exit(0);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  try {
    await start(process.env, process.argv.slice(2), undo);
  } catch (error) {
    await undoAll(undo);
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 1;
  }
}
