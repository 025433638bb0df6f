/**
 * What an epoch's counters come to once its calls are over, from the ledger.
 * Pure. The counters were never too low, so closing only gives back: what calls
 * held that never settled, or whose settlement got lost.
 */
import { type Counters, counterMonth, inEpoch, keyScope, names, projectScope } from '../admission/counters.ts';
import type { Hold } from '../admission/hold.ts';
import { tokenAttributes } from '../admission/meters.ts';
import { landed } from '../admission/token-bucket.ts';
import { merged, noChange, type Update } from '../admission/update.ts';
import type { SettledAttempt, StoredAttempt } from '../usage/attempt.ts';

/** Micro-dollars that the ledger has, by the counter that they belong to: `M2611`, `k.<id>.M2611`. */
export type Truth = ReadonlyMap<string, number>;

export type HeldAttempt = StoredAttempt & { readonly hold: Hold };
type SettledHeld = SettledAttempt & { readonly hold: Hold };

/** Where a call's money stands. */
export const payersOf = ({ hold, apiKeyId }: HeldAttempt): string[] =>
  [projectScope, ...(hold.keyMoney ? [keyScope(apiKeyId)] : [])].map((scope) => names.committed(scope, hold.month));

export const costOf = ({ costMicroUsd }: SettledHeld): number => costMicroUsd;
/** As much of it as its hold was for. */
const heldCostOf = ({ costMicroUsd, hold }: SettledHeld): number => Math.min(costMicroUsd, hold.microUsd);

export async function truthOf(rows: AsyncIterable<HeldAttempt>): Promise<Truth> {
  const truth = new Map<string, number>();
  for await (const row of rows) if (row.state === 'settled') addTo(truth, row, costOf(row));
  return truth;
}

const addTo = (truth: Map<string, number>, row: HeldAttempt, microUsd: number): void => {
  for (const name of payersOf(row)) truth.set(name, (truth.get(name) ?? 0) + microUsd);
};

export type Abandoned = { readonly row: HeldAttempt; readonly costMicroUsd: number };

/**
 * The open rows, at their bounds, which the provider may have charged. Together
 * never more than the counters hold beyond what settled rows explain: a row
 * whose call was never let in, because its function was killed before it could
 * take the row back, has nothing there and costs nothing.
 */
export async function abandonedIn(
  rows: AsyncIterable<HeldAttempt>,
  counters: Counters,
  epoch: string,
): Promise<Abandoned[]> {
  const explained = new Map<string, number>();
  const open: HeldAttempt[] = [];
  for await (const row of rows) {
    if (row.state === 'settled') addTo(explained, row, heldCostOf(row));
    else open.push(row);
  }
  const left = (committed: string): number => {
    const held = counters[inEpoch(committed, epoch)] ?? 0;
    const reserved = counters[inEpoch(committed.replace(/M(\d{4})$/, 'R$1'), epoch)] ?? 0;
    return Math.max(0, Math.min(held - (explained.get(committed) ?? 0), reserved));
  };
  return open.map((row) => {
    const costMicroUsd = Math.min(row.hold.microUsd, ...payersOf(row).map(left));
    addTo(explained, row, costMicroUsd);
    return { row, costMicroUsd };
  });
}

const committed = /^(k\..+\.)?M(\d{4})$/;

/** A write may have 300 operators, and each of these has a few. */
const twinsPerWrite = 50;

/** One after the other: the first ends all settlements of the epoch, the last its mark. Each is whole by itself. */
export function closingUpdates(counters: Counters, epoch: string, truth: Truth, nowUs: number): Update[] {
  const twins = Object.keys(counters)
    .filter((twin) => twin.endsWith(`@${epoch}`))
    .sort((a, b) => rankOf(a) - rankOf(b));
  const changes = twins.map((twin) => closingOf(twin, counters, truth, nowUs));
  return Array.from({ length: Math.ceil(changes.length / twinsPerWrite) }, (_, index) =>
    merged(changes.slice(index * twinsPerWrite, (index + 1) * twinsPerWrite)),
  );
}

const rankOf = (twin: string): number => (/^R\d{4}@/.test(twin) ? 0 : /^M\d{4}@/.test(twin) ? 2 : 1);

function closingOf(twin: string, counters: Counters, truth: Truth, nowUs: number): Update {
  const held = counters[twin] ?? 0;
  const [name = ''] = twin.split('@');
  const removed: Update = {
    ...noChange,
    remove: [twin],
    conditions: [{ attribute: twin, is: 'equal', value: held }],
  };
  const [, key, month] = committed.exec(name) ?? [];
  if (month !== undefined) {
    const rest = held - (truth.get(name) ?? 0);
    const slack = key === undefined ? { [names.slack(month)]: rest } : {};
    return merged([removed, { ...noChange, add: { [name]: -rest, ...slack } }]);
  }
  if (!name.endsWith('tf') || held <= 0) return merged([removed, { ...noChange, add: { [name]: -held } }]);
  // The provider may have taken all that was in flight, and never before it was asked: from now on it leaks.
  const attributes = tokenAttributes(name.slice(0, -2));
  return merged([removed, landed(attributes, counters[attributes.level], held, held, nowUs)]);
}

const monthly = /(?:^|\.)[MRSGB](\d{4})$/;
const bucket = /^(.*)(rq|rd|tl)$/;
const dayUs = 86_400_000_000;

/** So many at a time: the next sweep goes on. */
const forgottenPerWrite = 50;

/** Months before the last, and buckets that have long been full: they say nothing any more. */
export function staleIn(counters: Counters, nowMs: number): string[] {
  const oldest = counterMonth(nowMs - 31 * 86_400_000);
  const stale = Object.keys(counters).flatMap((name) => {
    if (name.includes('@')) return [];
    const [, month] = monthly.exec(name) ?? [];
    if (month !== undefined) return month < oldest ? [name] : [];
    const [, prefix = '', kind] = bucket.exec(name) ?? [];
    const isLongFull = (counters[name] ?? 0) < nowMs * 1000 - 2 * dayUs;
    if (kind === undefined || !isLongFull) return [];
    if (kind !== 'tl') return [name];
    return (counters[`${prefix}tf`] ?? 0) === 0
      ? [name, `${prefix}tf`, `${prefix}tx`].filter((n) => n in counters)
      : [];
  });
  return stale.slice(0, forgottenPerWrite);
}
