/**
 * Closes what nobody settles. A function that is killed leaves its attempt open
 * in the ledger and its holds on the counters; once no call of its epoch can be
 * alive, the open rows are settled at their bound and the counters are set to
 * what the ledger then says (I3). Any number of sweeps may run at once: every
 * step is conditional on what it has seen, and none is undone by being repeated.
 */
import type { AdmissionStore, Unswept } from '../admission/admission-store.ts';
import { type Counters, counterMonth, epochsIn, names, type Span, spanOf } from '../admission/counters.ts';
import { bookSpent, giveBack } from '../admission/grants.ts';
import { noChange, type Update } from '../admission/update.ts';
import type { SweepSettings } from '../catalogue/resolved-config.ts';
import type { Log } from '../observability/log.ts';
import type { OrganizationStore } from '../organization/organization-store.ts';
import type { Settlement } from '../usage/attempt.ts';
import type { UsageStore } from '../usage/usage-store.ts';
import { type Abandoned, abandonedIn, closingUpdates, type HeldAttempt, staleIn, truthOf } from './closing.ts';

export type SweepDeps = {
  readonly store: AdmissionStore;
  readonly usage: UsageStore;
  readonly organization: Pick<OrganizationStore, 'get'>;
  readonly settings: SweepSettings;
  readonly log: Log;
  readonly now: () => number;
};

export type Swept = { epochs: number; abandoned: number; chargedMicroUsd: number };
export type SweepResult = Swept & { readonly activeProjects: ReadonlySet<string> };

/** Once for all that is due; `enough` says when time runs out, and the next sweep goes on. */
export async function sweep(deps: SweepDeps, enough: () => boolean): Promise<SweepResult> {
  const { store, organization, log, now } = deps;
  const swept: Swept = { epochs: 0, abandoned: 0, chargedMicroUsd: 0 };
  const activeProjects = new Set<string>();
  const isLimited = (await organization.get()).spendLimitMicroUsd !== null;
  for await (const item of store.unswept(new Date(now()).toISOString())) {
    if (enough()) break;
    const { id } = item;
    activeProjects.add(id.slice(0, id.indexOf('#')));
    // Whatever is wrong with one project's item, the others are swept; the next sweep tries this one again.
    await sweepItem(deps, item, isLimited, swept).catch((error: unknown) => log.error('item not swept', { id, error }));
  }
  return { ...swept, activeProjects };
}

async function sweepItem(deps: SweepDeps, { id, sinceMs }: Unswept, isLimited: boolean, swept: Swept): Promise<void> {
  const { store, settings, now } = deps;
  const untilMs = now() - settings.ageSeconds * 1000;
  const isDue = (epoch: string) => spanOf(epoch).toMs <= untilMs;
  for (const epoch of epochsIn(await store.get(id)).filter(isDue)) await closeEpoch(deps, id, epoch, swept);

  const counters = await store.get(id);
  await settleUnheld(
    deps,
    id,
    counters,
    { fromMs: counters[names.sweptUntil] ?? sinceMs - oldestMs, toMs: untilMs },
    swept,
  );
  await forgetStale(deps, id, counters);
  // Calls that were let in before their instance knew of the organization's limit.
  if (isLimited) await bookSpent(store, { id, month: counterMonth(now()) }, counters);
  if (epochsIn(counters).length > 0) return;
  for (const month of spentMonths(counters)) await giveBack(store, { id, month }, counters);
  await store.leaveIndex(id, counters[names.admissions] ?? 0);
}

/** Those in which it may have been granted something, whether or not it knows. */
const spentMonths = (counters: Counters): string[] => [
  ...new Set(Object.keys(counters).flatMap((name) => /^[MG](\d{4})$/.exec(name)?.[1] ?? [])),
];

/** Behind a project's very first call: one that was refused before it may have left its row. */
const oldestMs = 31 * 86_400_000;

const maxTries = 5;

async function closeEpoch(deps: SweepDeps, id: string, epoch: string, swept: Swept): Promise<void> {
  const { store, now } = deps;
  for (let tries = 0; tries < maxTries; tries += 1) {
    const counters = await store.get(id);
    if (!epochsIn(counters).includes(epoch)) return;
    for (const abandoned of await abandonedIn(rowsOf(deps, id, epoch), counters, epoch))
      await abandon(deps, abandoned, swept);
    const truth = await truthOf(rowsOf(deps, id, epoch));
    if (!(await appliedAll(store, id, closingUpdates(counters, epoch, truth, now() * 1000)))) continue;
    swept.epochs += 1;
    return;
  }
  deps.log.warn('epoch not closed, it still changes', { id, epoch });
}

async function appliedAll(store: AdmissionStore, id: string, updates: readonly Update[]): Promise<boolean> {
  for (const update of updates) if (!(await store.once(id, update)).applied) return false;
  return true;
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

/**
 * Rows of calls that no epoch's counters know of: they were refused, and their
 * functions killed before they took the rows back. No provider was asked.
 */
async function settleUnheld(deps: SweepDeps, id: string, counters: Counters, span: Span, swept: Swept): Promise<void> {
  const { store, usage } = deps;
  if (span.fromMs >= span.toMs) return;
  const [projectId = '', shard] = id.split('#');
  const underWay = new Set(epochsIn(counters));
  for await (const row of usage.between(projectId, span.fromMs, span.toMs, 'latest')) {
    const { hold } = row;
    if (row.state === 'settled' || hold === undefined || hold.shard !== Number(shard)) continue;
    if (!underWay.has(hold.epoch)) await abandon(deps, { row: { ...row, hold }, costMicroUsd: 0 }, swept);
  }
  const seen = counters[names.sweptUntil];
  await store.once(id, {
    ...noChange,
    set: { [names.sweptUntil]: span.toMs },
    conditions: [
      seen === undefined
        ? { attribute: names.sweptUntil, is: 'absent' }
        : { attribute: names.sweptUntil, is: 'equal', value: seen },
    ],
  });
}

async function abandon(deps: SweepDeps, { row, costMicroUsd }: Abandoned, swept: Swept): Promise<void> {
  // Who paid nothing for a call that costs something never made it.
  const wasMade = costMicroUsd > 0 || row.hold.microUsd === 0;
  const settlement: Settlement = {
    outcome: 'abandoned',
    inputTokens: wasMade ? row.hold.inputTokens : 0,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: wasMade ? row.hold.outputTokens : 0,
    reasoningTokens: 0,
    estimated: true,
    costMicroUsd,
    firstByteMs: null,
    latencyMs: Math.max(0, deps.now() - row.startedAtMs),
    settledBy: 'sweep',
  };
  if ((await deps.usage.settle(row, settlement)) !== 'sweep') return;
  swept.abandoned += 1;
  swept.chargedMicroUsd += costMicroUsd;
  deps.log.warn('attempt abandoned, settled at its bound', {
    attemptId: row.id,
    requestId: row.requestId,
    projectId: row.projectId,
    costMicroUsd,
  });
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
