/**
 * What an epoch's counters come to once its calls are over, from the ledger.
 * Pure. The counters were never too low, so closing only gives back: what calls
 * held that never settled, or whose settlement got lost.
 */
import { type Counters, keyScope, monthOf, names, projectScope } from '../admission/counters.ts';
import type { Hold } from '../admission/hold.ts';
import type { Condition, Update } from '../admission/update.ts';
import type { StoredAttempt } from '../usage/attempt.ts';

/** Micro-dollars that the ledger has, by the counter that they belong to: `M2611`, `k.<id>.M2611`. */
export type Truth = ReadonlyMap<string, number>;

export type HeldAttempt = StoredAttempt & { readonly hold: Hold };

export async function truthOf(rows: AsyncIterable<HeldAttempt>): Promise<Truth> {
  const truth = new Map<string, number>();
  const add = (name: string, microUsd: number) => truth.set(name, (truth.get(name) ?? 0) + microUsd);
  for await (const row of rows) {
    if (row.state === 'open') continue;
    const { month, keyMoney } = row.hold;
    add(names.committed(projectScope, month), row.costMicroUsd);
    if (keyMoney) add(names.committed(keyScope(row.apiKeyId), month), row.costMicroUsd);
  }
  return truth;
}

const committed = /^(k\..+\.)?M(\d{4})$/;

export function closingUpdate(counters: Counters, epoch: string, truth: Truth): Update {
  const add: Record<string, number> = {};
  const remove: string[] = [];
  const conditions: Condition[] = [];
  const change = (name: string, amount: number) => {
    add[name] = (add[name] ?? 0) + amount;
  };
  for (const [twin, held] of Object.entries(counters)) {
    const [name = '', of] = twin.split('@');
    if (of !== epoch) continue;
    remove.push(twin);
    conditions.push({ attribute: twin, is: 'equal', value: held });
    const [, key, month] = committed.exec(name) ?? [];
    const rest = month === undefined ? held : held - (truth.get(name) ?? 0);
    change(name, -rest);
    if (month !== undefined && key === undefined) change(names.slack(month), rest);
    // The sum of a token bucket has its part in flight, too.
    if (name.endsWith('tf')) change(`${name.slice(0, -2)}tx`, -rest);
  }
  return { add, set: {}, remove, conditions };
}

const monthly = /(?:^|\.)[MRSG](\d{4})$/;
const bucket = /^(.*)(rq|rd|tl)$/;
const dayUs = 86_400_000_000;

/** Months before the last, and buckets that have long been full: they say nothing any more. */
export function staleIn(counters: Counters, nowMs: number): string[] {
  const oldest = monthOf(nowMs - 31 * 86_400_000);
  return Object.keys(counters).flatMap((name) => {
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
}
