/** The usage report on one machine: what `npm run report` does, whether or not a gateway runs on the same folder. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createTables } from './create-tables.ts';
import {
  localTableNames,
  openDatabase,
  openDataFolder,
  runningDatabase,
  setVariables,
  type Undo,
  undoAll,
} from './machine.ts';
import { loadSecrets } from './secrets-file.ts';
import { readSettings, SettingsError } from './settings.ts';

const usage = `npm run report -- --from 2026-11-01 --to 2026-12-01
Days in UTC; --to is the first that is not in it. Without them, last month.`;

const dayMs = 86_400_000;
const midnightOf = (day: string): number => (/^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(day) : Number.NaN);

export type Days = { readonly fromMs: number; readonly toMs: number } | null;

/** Null where none are given. */
export function readDays(args: readonly string[]): Days {
  const { values } = (() => {
    try {
      return parseArgs({ args: [...args], options: { from: { type: 'string' }, to: { type: 'string' } } });
    } catch {
      throw new SettingsError(usage);
    }
  })();
  if (values.from === undefined && values.to === undefined) return null;
  const [fromMs, toMs] = [midnightOf(values.from ?? ''), midnightOf(values.to ?? '')];
  if (!(toMs - fromMs >= dayMs)) throw new SettingsError(usage);
  return { fromMs, toMs };
}

async function report(args: readonly string[], variables: NodeJS.ProcessEnv, undo: Undo): Promise<readonly string[]> {
  const days = readDays(args);
  const settings = readSettings(variables);
  if (settings.dataFolder === null) throw new SettingsError('With SLUICE_DATA=memory there is nothing to report on.');
  const folder = openDataFolder(settings, undo);
  const endpoint = (await runningDatabase(folder)) ?? (await openDatabase(settings, folder, undo));
  const resolvedFile = join(folder, 'sluice.resolved.json');
  setVariables(variables, settings, { folder, endpoint, resolvedFile, secrets: loadSecrets(folder) });

  const { live } = await import('../../shared/deps.ts');
  const { reportDeps } = await import('../../shared/scheduled-deps.ts');
  const { makeReport } = await import('../../shared/report/make-report.ts');
  const { publishReport } = await import('../../shared/report/publish-report.ts');
  const { lastMonth, periodBetween } = await import('../../shared/report/period.ts');
  const root = live(variables);
  // No gateway may ever have run here: then it is a report of nothing.
  await createTables(root.db, localTableNames);
  const deps = reportDeps(root);
  const period = days ? periodBetween(days.fromMs, days.toMs) : lastMonth(deps.now());
  return publishReport(deps, await makeReport(deps, period));
}

export async function main(): Promise<void> {
  const undo: Undo = [];
  try {
    const links = await report(process.argv.slice(2), process.env, undo);
    for (const link of links) process.stdout.write(`${fileURLToPath(link)}\n`);
  } catch (error) {
    const isTheirs = error instanceof SettingsError || !(error instanceof Error);
    process.stderr.write(`${isTheirs ? String((error as Error).message) : error.stack}\n`);
    process.exitCode = 1;
  } finally {
    await undoAll(undo);
  }
}

if (import.meta.main) await main();
