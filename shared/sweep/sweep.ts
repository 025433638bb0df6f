/**
 * Closes what nobody settles. A function that is killed leaves its attempt open
 * in the ledger and its holds on the counters; once no call of its epoch can be
 * alive, the open rows are settled at their bound and the counters are set to
 * what the ledger then says (I3). Any number of sweeps may run at once: every
 * step is conditional on what it has seen, and none is undone by being repeated.
 */
import type { AdmissionStore } from '../admission/admission-store.ts';
import { type Counters, epochsIn, names, spanOf } from '../admission/counters.ts';
import { giveBack } from '../admission/grants.ts';
import { noChange } from '../admission/update.ts';
import type { SweepSettings } from '../catalogue/resolved-config.ts';
import type { Log } from '../observability/log.ts';
import type { Settlement } from '../usage/attempt.ts';
import type { UsageStore } from '../usage/usage-store.ts';
import { closingUpdate, type HeldAttempt, staleIn, truthOf } from './closing.ts';

export type SweepDeps = {
  readonly store: AdmissionStore;
  readonly usage: UsageStore;
  readonly settings: SweepSettings;
  readonly log: Log;
  readonly now: () => number;
};

export type Swept = { epochs: number; abandoned: number; chargedMicroUsd: number };
export type SweepResult = Swept & { readonly activeProjects: ReadonlySet<string> };

/** Once for all that is due; `enough` says when time runs out, and the next sweep goes on. */
export async function sweep(deps: SweepDeps, enough: () => boolean): Promise<SweepResult> {
  const { store, log, now } = deps;
  const swept: Swept = { epochs: 0, abandoned: 0, chargedMicroUsd: 0 };
  const activeProjects = new Set<string>();
  for await (const id of store.unswept(new Date(now()).toISOString())) {
    if (enough()) break;
    activeProjects.add(id.slice(0, id.indexOf('#')));
    // Whatever is wrong with one project's item, the others are swept; the next sweep tries this one again.
    await sweepItem(deps, id, swept).catch((error: unknown) => log.error('item not swept', { id, error }));
  }
  return { ...swept, activeProjects };
}

async function sweepItem(deps: SweepDeps, id: string, swept: Swept): Promise<void> {
  const { store, settings, now } = deps;
  const isDue = (epoch: string) => spanOf(epoch).toMs + settings.ageSeconds * 1000 <= now();
  for (const epoch of epochsIn(await store.get(id)).filter(isDue)) await closeEpoch(deps, id, epoch, swept);

  const counters = await store.get(id);
  await forgetStale(deps, id, counters);
  if (epochsIn(counters).length > 0) return;
  for (const month of grantedMonths(counters)) await giveBack(store, { id, month }, counters);
  await store.leaveIndex(id, counters[names.admissions] ?? 0);
}

const grantedMonths = (counters: Counters): string[] =>
  Object.keys(counters).flatMap((name) => /^G(\d{4})$/.exec(name)?.[1] ?? []);

const maxTries = 5;

async function closeEpoch(deps: SweepDeps, id: string, epoch: string, swept: Swept): Promise<void> {
  const { store } = deps;
  for (let tries = 0; tries < maxTries; tries += 1) {
    const counters = await store.get(id);
    if (!epochsIn(counters).includes(epoch)) return;
    await abandon(deps, await openRows(deps, id, epoch), reservedIn(counters, epoch), swept);
    const truth = await truthOf(rowsOf(deps, id, epoch));
    const { applied } = await store.once(id, closingUpdate(counters, epoch, truth));
    if (!applied) continue;
    swept.epochs += 1;
    return;
  }
  deps.log.warn('epoch not closed, it still changes', { id, epoch });
}

/** A call that has failed over has its last attempt later than its first. */
async function* rowsOf({ usage, settings }: SweepDeps, id: string, epoch: string): AsyncIterable<HeldAttempt> {
  const [projectId = '', shard] = id.split('#');
  const { fromMs, toMs } = spanOf(epoch);
  for await (const row of usage.between(projectId, fromMs, toMs + settings.ageSeconds * 1000, 'latest')) {
    const { hold } = row;
    if (hold?.epoch === epoch && hold.shard === Number(shard)) yield { ...row, hold };
  }
}

async function openRows(deps: SweepDeps, id: string, epoch: string): Promise<HeldAttempt[]> {
  const open: HeldAttempt[] = [];
  for await (const row of rowsOf(deps, id, epoch)) if (row.state === 'open') open.push(row);
  return open;
}

/** In the project's own counters: each call stands there once. */
const reservedIn = (counters: Counters, epoch: string): number =>
  Object.entries(counters)
    .filter(([name]) => /^R\d{4}@/.test(name) && name.endsWith(`@${epoch}`))
    .reduce((sum, [, held]) => sum + held, 0);

/**
 * At their bounds, which the provider may have charged. Together never more than
 * is reserved: a row whose call was never let in, because its function was killed
 * before it could take the row back, has nothing reserved and costs nothing.
 */
async function abandon(deps: SweepDeps, rows: readonly HeldAttempt[], reserved: number, swept: Swept): Promise<void> {
  let left = Math.max(0, reserved);
  for (const row of rows) {
    const costMicroUsd = Math.min(row.hold.microUsd, left);
    left -= costMicroUsd;
    const settlement: Settlement = {
      outcome: 'abandoned',
      inputTokens: row.hold.inputTokens,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: row.hold.outputTokens,
      reasoningTokens: 0,
      estimated: true,
      costMicroUsd,
      firstByteMs: null,
      latencyMs: Math.max(0, deps.now() - row.startedAtMs),
      settledBy: 'sweep',
    };
    if ((await deps.usage.settle(row, settlement)) !== 'sweep') continue;
    swept.abandoned += 1;
    swept.chargedMicroUsd += costMicroUsd;
    deps.log.warn('attempt abandoned, settled at its bound', {
      attemptId: row.id,
      requestId: row.requestId,
      projectId: row.projectId,
      costMicroUsd,
    });
  }
}

async function forgetStale({ store, now }: SweepDeps, id: string, counters: Counters): Promise<void> {
  const stale = staleIn(counters, now());
  if (stale.length === 0) return;
  await store.once(id, {
    ...noChange,
    remove: stale,
    conditions: stale.map((attribute) => ({ attribute, is: 'equal', value: counters[attribute] ?? 0 })),
  });
}
