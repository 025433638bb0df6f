/** What the ledger and the counters say of a project, side by side. */
import { counterId, keyScope, names, projectScope } from '../../../shared/admission/counters.ts';
import type { StoredAttempt } from '../../../shared/usage/attempt.ts';
import type { House } from './house.ts';

const dayMs = 86_400_000;

export async function ledgerOf(
  { usage }: Pick<House, 'usage'>,
  projectId: string,
  nowMs: number,
): Promise<StoredAttempt[]> {
  const rows: StoredAttempt[] = [];
  for await (const row of usage.between(projectId, nowMs - 4 * dayMs, nowMs + 4 * dayMs, 'latest')) rows.push(row);
  return rows;
}

export const spentBy = (rows: readonly StoredAttempt[]): number =>
  rows.reduce((sum, row) => sum + (row.state === 'settled' ? row.costMicroUsd : 0), 0);

/** After a sweep: every row is settled, and the counters are its sums with nothing held beside them (I3). */
export async function expectTrueBooks(
  house: House,
  projectId: string,
  nowMs: number,
  shards = 1,
): Promise<StoredAttempt[]> {
  const rows = await ledgerOf(house, projectId, nowMs);
  expect(rows.filter(({ state }) => state === 'open')).toEqual([]);
  for (let shard = 0; shard < shards; shard += 1) {
    const counters = await house.store.get(counterId(projectId, shard));
    const ofShard = rows.filter(({ hold }) => hold?.shard === shard);
    for (const month of new Set(ofShard.flatMap(({ hold }) => hold?.month ?? []))) {
      const paid = ofShard.filter(({ hold }) => hold?.month === month);
      expect(counters[names.committed(projectScope, month)]).toBe(spentBy(paid));
      for (const key of new Set(paid.filter(({ hold }) => hold?.keyMoney).map(({ apiKeyId }) => apiKeyId))) {
        const ofKey = paid.filter(({ apiKeyId, hold }) => apiKeyId === key && hold?.keyMoney);
        expect(counters[names.committed(keyScope(key), month)]).toBe(spentBy(ofKey));
      }
      const granted = counters[names.granted(month)] ?? 0;
      const givenBack = counters[names.givenBack(month)] ?? 0;
      expect(counters[names.slack(month)]).toBe(granted - givenBack - spentBy(paid));
    }
    const held = Object.entries(counters).filter(
      ([name, value]) => /(^|\.)(R\d{4}|C|tf)$|@[0-9a-z]+\./.test(name) && value !== 0,
    );
    expect(held).toEqual([]);
  }
  return rows;
}
