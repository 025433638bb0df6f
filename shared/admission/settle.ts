/** The change of counters with which a call ends: its holds go, and what it took remains. Pure. */
import { type Counters, inEpoch, keyScope, names, projectScope } from './counters.ts';
import { tokenState } from './decide.ts';
import type { Hold } from './hold.ts';
import { prefixOf, type ScopeName, tokenAttributes } from './meters.ts';
import { settleTokens } from './token-bucket.ts';
import { merged, noChange, type Update } from './update.ts';

/** Whose call it was. */
export type Holder = { readonly apiKeyId: string; readonly model: string };
export type Taken = { readonly microUsd: number; readonly tokens: number };

/** Gone once the epoch is closed, and the last to go. */
export const epochMark = ({ month, epoch }: Hold): string => inEpoch(names.committed(projectScope, month), epoch);
/** The first to go: from then on the ledger has been read, and there is nothing left to settle. */
const closingMark = ({ month, epoch }: Hold): string => inEpoch(names.reserved(projectScope, month), epoch);
export const isClosed = (hold: Hold, counters: Counters): boolean => counters[closingMark(hold)] === undefined;

export function settlementUpdate(
  hold: Hold,
  { apiKeyId, model }: Holder,
  taken: Taken,
  counters: Counters,
  nowMs: number,
): Update {
  const { month, epoch, microUsd, tokenLimits, stream, keyMoney } = hold;
  const scopes = [projectScope, ...(keyMoney ? [keyScope(apiKeyId)] : [])];
  const money: Update = {
    ...noChange,
    add: Object.fromEntries([
      ...scopes.flatMap((scope) => [
        ...both(names.committed(scope, month), epoch, taken.microUsd - microUsd),
        ...both(names.reserved(scope, month), epoch, -microUsd),
      ]),
      [names.slack(month), microUsd - taken.microUsd],
    ]),
    conditions: [{ attribute: closingMark(hold), is: 'present' }],
  };
  const bound = hold.inputTokens + hold.outputTokens;
  const tokens = (Object.entries(tokenLimits) as [ScopeName, number | undefined][]).flatMap(([scope, limit]) => {
    if (limit === undefined) return [];
    const attributes = tokenAttributes(prefixOf(scope, apiKeyId, model));
    const state = tokenState(attributes, counters);
    const update = settleTokens({ limit }, attributes, state, bound, taken.tokens, nowMs * 1000);
    const freed = update.add[attributes.inFlight] ?? 0;
    return [update, { ...noChange, add: { [inEpoch(attributes.inFlight, epoch)]: freed } }];
  });
  const streams: Update = stream ? { ...noChange, add: Object.fromEntries(both(names.streams, epoch, -1)) } : noChange;
  return merged([money, ...tokens, streams]);
}

const both = (name: string, epoch: string, amount: number): [string, number][] => [
  [name, amount],
  [inEpoch(name, epoch), amount],
];
