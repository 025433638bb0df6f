/** The gateway as `npm start` runs it, watched from within, before a database that outlives it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startDynoxide } from '../../infra/local/dynoxide.ts';
import { localTableNames } from '../../infra/local/machine.ts';
import type { Config } from '../../shared/config/schema.ts';
import { documentClient } from '../../shared/dynamo/client.ts';
import type { StoredAttempt } from '../../shared/usage/attempt.ts';
import { dynamoUsageStore } from '../../shared/usage/usage-store.ts';
import { root } from '../child.ts';
import type { Sample, Uncaught } from './watch.ts';

export const adminKey = 'sk-admin-of-the-soak-0123456789abcdef';
const watchMs = 5_000;

export type WatchedGateway = {
  readonly baseURL: string;
  /** Messages of level ERROR, each with how often it came. */
  readonly errors: ReadonlyMap<string, number>;
  watched(): readonly (Sample | Uncaught)[];
  /** After the next look at what the process holds. */
  nextSample(): Promise<void>;
  rows(projectIds: readonly string[]): Promise<StoredAttempt[]>;
  /** The exit code, once it has ended by itself after SIGTERM. */
  stop(): Promise<number | null>;
};

export async function startGateway(config: Config): Promise<WatchedGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-soak-'));
  const [configFile, watchFile] = [join(folder, 'sluice.json'), join(folder, 'watch.jsonl')];
  writeFileSync(configFile, JSON.stringify(config));
  writeFileSync(watchFile, '');
  const database = await startDynoxide(null);
  const beganMs = Date.now();
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, ['infra/local/start.js'], {
    cwd: root,
    env: {
      PATH,
      HOME,
      PORT: '0',
      SLUICE_CONFIG: configFile,
      SLUICE_DATA: 'memory',
      SLUICE_STAGE: 'local',
      SLUICE_ADMIN_KEY: adminKey,
      DYNAMODB_ENDPOINT: database.endpoint,
      SOAK_KEY: 'sk-upstream-of-the-soak',
      SOAK_WATCH_FILE: watchFile,
      SOAK_WATCH_MS: String(watchMs),
      NODE_OPTIONS: `--import ${join(root, 'bench/soak/watch.ts')}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const errors = new Map<string, number>();
  const baseURL = await new Promise<string>((resolve, reject) => {
    const read = (line: string): void => {
      const found = /Base URL +(\S+)/.exec(line)?.[1];
      if (found) resolve(found);
      const message = /"level":"ERROR"/.test(line) ? (/"message":"([^"]*)"/.exec(line)?.[1] ?? line) : null;
      if (message !== null) errors.set(message, (errors.get(message) ?? 0) + 1);
    };
    for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', read);
    void exited.then((code) => reject(new Error(`The gateway ended with ${code}.`)));
  });

  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const db = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: database.endpoint });
  const usage = dynamoUsageStore(db, localTableNames.usage);
  return {
    baseURL,
    errors,
    watched: () =>
      readFileSync(watchFile, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    nextSample: () => new Promise((resolve) => setTimeout(resolve, watchMs * 1.5)),
    async rows(projectIds) {
      const rows: StoredAttempt[] = [];
      for (const id of projectIds) {
        for await (const row of usage.between(id, beganMs - 60_000, Date.now() + 60_000, 'latest')) rows.push(row);
      }
      return rows;
    },
    async stop() {
      child.kill('SIGTERM');
      const code = await exited;
      db.destroy();
      await database.stop();
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}
