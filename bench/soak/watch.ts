/** Loaded into the gateway's process before it: what it holds, every few seconds, and what nobody has caught. */
import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const file = process.env['SOAK_WATCH_FILE'] ?? '';
const everyMs = Number(process.env['SOAK_WATCH_MS'] ?? 5_000);

export type Sample = {
  readonly kind: 'sample';
  readonly atMs: number;
  readonly rss: number;
  /** After a collection, so that rubbish is not taken for a leak. */
  readonly heap: number;
  /** What keeps the event loop alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
};
export type Uncaught = { readonly kind: 'uncaught'; readonly message: string };

const note = (line: Sample | Uncaught): void => appendFileSync(file, `${JSON.stringify(line)}\n`);

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const uncaught = (error: unknown): void =>
  note({ kind: 'uncaught', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
process.on('uncaughtExceptionMonitor', uncaught);
process.on('unhandledRejection', (error) => {
  uncaught(error);
  throw error;
});

setInterval(() => {
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  note({ kind: 'sample', atMs: Date.now(), rss, heap: heapUsed, resources });
}, everyMs).unref();
