/**
 * What re-rating rows means for the counters that have paid for them: shared/admission/counters.ts.
 * Pure. Each moves by as much as the rows do, so that counters and ledger stay equal.
 */
import { counterId, counterMonth, keyScope, names, projectScope } from '../admission/counters.ts';
import type { Hold } from '../admission/hold.ts';
import { epochMark } from '../admission/settle.ts';
import { merged, noChange, type Update } from '../admission/update.ts';
import type { SettledAttempt } from '../usage/attempt.ts';
import { differenceOf, type Rerating } from './rerating.ts';

export type Adjustment = { readonly counterId: string; readonly update: Update };

/** No counter is kept for longer than the month after its own: shared/sweep/closing.ts. */
const keptMs = 31 * 86_400_000;

/** Which item of counters has paid for the row; null where none did, or none is left that says so. */
export function counterOf({ projectId, hold }: SettledAttempt, nowMs: number): string | null {
  return hold && hold.month >= counterMonth(nowMs - keptMs) ? counterId(projectId, hold.shard) : null;
}

/** Of rows that one item has paid for. */
export const adjustmentOf = (counterId: string, batch: readonly Rerating[]): Adjustment => ({
  counterId,
  update: merged(batch.flatMap((rerating) => (rerating.row.hold ? [changeOf(rerating, rerating.row.hold)] : []))),
});

function changeOf(rerating: Rerating, hold: Hold): Update {
  const difference = differenceOf(rerating);
  const scopes = [projectScope, ...(hold.keyMoney ? [keyScope(rerating.row.apiKeyId)] : [])];
  return {
    ...noChange,
    add: Object.fromEntries([
      ...scopes.map((scope) => [names.committed(scope, hold.month), difference]),
      [names.slack(hold.month), -difference],
    ]),
    // While an epoch is open the sweep has yet to set the counters to what the ledger says, and would count the difference again.
    conditions: [{ attribute: epochMark(hold), is: 'absent' }],
  };
}
