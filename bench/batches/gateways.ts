/** Several gateways as `npm start` runs them, on one database and one folder, each of which may be killed at any time. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../shared/config/schema.ts';
import { type Child, start } from '../child.ts';

export const adminKey = 'sk-admin-of-the-batches-0123456789abcdef';

export type Gateways = {
  /** Of the one that is never killed. */
  readonly baseURL: string;
  /** One of the others dies, and another takes its place. */
  killOne(): Promise<void>;
  /** Of those that live, in MiB. */
  residentMiB(): number[];
  stop(): Promise<void>;
};

export type GatewaysOptions = {
  readonly folder: string;
  readonly endpoint: string;
  readonly config: Config;
  readonly count: number;
};

const residentMiBOf = (pid: number): number => {
  const [, kib = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
};

export async function startGateways({ folder, endpoint, config, count }: GatewaysOptions): Promise<Gateways> {
  const configFile = join(folder, 'sluice.json');
  writeFileSync(configFile, JSON.stringify(config));
  const started = (): Promise<Child> =>
    start({
      command: process.execPath,
      args: ['infra/local/start.js'],
      variables: {
        PORT: '0',
        SLUICE_CONFIG: configFile,
        SLUICE_DATA: join(folder, 'data'),
        SLUICE_ADMIN_KEY: adminKey,
        DYNAMODB_ENDPOINT: endpoint,
        BATCH_KEY: 'sk-upstream-of-the-batches',
      },
      ready: /Base URL +(\S+)/,
    });
  const first = await started();
  const others: Child[] = [];
  while (others.length < count - 1) others.push(await started());
  return {
    baseURL: first.match[1] ?? '',
    async killOne() {
      const victim = others.splice(Math.floor(Math.random() * others.length), 1)[0];
      if (!victim) return;
      process.kill(victim.pid, 'SIGKILL');
      await victim.stop();
      others.push(await started());
    },
    residentMiB: () => [first, ...others].map(({ pid }) => residentMiBOf(pid)),
    async stop() {
      await Promise.all([first, ...others].map((gateway) => gateway.stop()));
    },
  };
}
