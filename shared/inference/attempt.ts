/**
 * One attempt at a provider, and how it gets into the accounts: opened in the
 * ledger before it is made, settled after the caller has been served, so that the
 * caller never waits for accounting (I3, I9).
 */
import type { Hold } from '../admission/hold.ts';
import type { PricedTarget } from '../catalogue/catalogue.ts';
import type { Pass } from '../circuits/circuits.ts';
import { orRefuse } from '../dynamo/outage.ts';
import type { OpenAttempt, Outcome, Settlement } from '../usage/attempt.ts';
import { nothingUsed, settlement } from './attempt-outcome.ts';
import type { InferenceCall, InferenceDeps } from './attempts.ts';

export type HeldRow = OpenAttempt & { readonly hold: Hold };

/** What of a call its accounts need. */
export type SettledCall = Pick<InferenceCall, 'requestId' | 'report' | 'afterwards' | 'admitted'>;

/** Money and tokens that the ledger has, and the counters do not know of yet. */
export type Spent = { readonly microUsd: number; readonly tokens: number };

/** An attempt under way. */
export type Attempt = {
  readonly target: PricedTarget;
  readonly hold: Hold;
  readonly startedAtMs: number;
  /** By the call's attempts before it, which have failed. */
  readonly spentBefore: Spent;
  /** What it says of its provider, once that is known: for a stream, at its end. */
  readonly pass: Pass;
  /** Milliseconds since it began. */
  readonly elapsed: () => number;
  /** Once the caller has been served. `settlement` is asked then, when everything is known. */
  readonly settleAfterwards: (settlement: () => Settlement) => void;
};

export function begun(
  deps: InferenceDeps,
  call: InferenceCall,
  target: PricedTarget,
  row: HeldRow,
  pass: Pass,
  spentBefore: Spent,
): Attempt {
  const startedAtMs = deps.now();
  return {
    target,
    hold: row.hold,
    startedAtMs,
    spentBefore,
    pass,
    elapsed: () => deps.now() - startedAtMs,
    settleAfterwards: (settlement) => settleAfterwards(deps, call, row, settlement, spentBefore),
  };
}

function settleAfterwards(
  deps: InferenceDeps,
  { requestId, report, afterwards }: Omit<SettledCall, 'admitted'>,
  row: HeldRow,
  settlement: () => Settlement,
  spentBefore: Spent = nothingSpent,
): void {
  afterwards(async () => {
    const settled = settlement();
    report.inputTokens = (report.inputTokens ?? 0) + settled.inputTokens;
    report.outputTokens = (report.outputTokens ?? 0) + settled.outputTokens;
    report.costMicroUsd = (report.costMicroUsd ?? 0) + spentBefore.microUsd + settled.costMicroUsd;
    const aboveBound = settled.costMicroUsd - row.hold.microUsd;
    const facts = { requestId, attemptId: row.id };
    if (aboveBound > 0) {
      report.aboveBoundMicroUsd = aboveBound;
      deps.log.error('call cost more than its bound', { ...facts, aboveBoundMicroUsd: aboveBound });
    }
    // The answer is out, so nobody can be refused any more: the sweep closes what stays open (I12).
    const settling = settle(deps, row, settled, spentBefore, facts)
      .then(() => {
        report.settledAtMs = deps.now();
      })
      .catch((error: unknown) => {
        deps.log.error('attempt not settled', { ...facts, error });
      });
    await Promise.all([settling, deps.circuits.settled()]);
  });
}

async function settle(
  { usage, admission, log }: InferenceDeps,
  row: HeldRow,
  settled: Settlement,
  spentBefore: Spent,
  facts: { readonly requestId: string; readonly attemptId: string },
): Promise<void> {
  if ((await usage.settle(row, settled)) === 'sweep') {
    log.error('attempt was swept before it ended', facts);
    return;
  }
  await admission.settle(row.projectId, row, row.hold, spentIn([settled], spentBefore));
}

const nothingSpent: Spent = { microUsd: 0, tokens: 0 };

export const spentIn = (settled: readonly Settlement[], before = nothingSpent): Spent =>
  settled.reduce(
    ({ microUsd, tokens }, { costMicroUsd, inputTokens, outputTokens }) => ({
      microUsd: microUsd + costMicroUsd,
      tokens: tokens + inputTokens + outputTokens,
    }),
    before,
  );

/** The call was let in and no provider was asked: it counts as a request, and costs nothing. */
export function settleWithoutAttempt(deps: InferenceDeps, call: SettledCall, outcome: Outcome): void {
  const { row } = call.admitted;
  const latencyMs = deps.now() - row.startedAtMs;
  settleAfterwards(deps, call, row, () =>
    settlement(outcome, nothingUsed, row.price, { firstByteMs: null, latencyMs }),
  );
}

/**
 * The failed attempt is settled before the next is opened: killed in between, the
 * call has cost what it has cost, which is mostly nothing. What the call holds of its
 * limits and its budget passes from one to the next.
 */
export async function passedOn(
  { usage, log, now, newId }: InferenceDeps,
  row: HeldRow,
  failed: Settlement,
  target: PricedTarget,
): Promise<HeldRow> {
  await orRefuse(usage.settle(row, failed));
  const next = { ...at(row, target), id: newId('att_'), ordinal: row.ordinal + 1, startedAtMs: now() };
  try {
    await usage.open(next);
    return next;
  } catch (failure) {
    // It may be there all the same: one that stayed would be closed by the sweep as an attempt that was made.
    await usage.takeBack(next).catch((error: unknown) => log.warn('row not taken back', { error }));
    throw failure;
  }
}

/** The first attempt goes elsewhere than was thought when the call was let in: its row says so before it is made. */
export async function moved({ usage }: InferenceDeps, row: HeldRow, target: PricedTarget): Promise<HeldRow> {
  const next = at(row, target);
  await usage.open(next);
  return next;
}

const at = ({ priceFactor: _, ...row }: HeldRow, { provider, model, price, priceFactor }: PricedTarget): HeldRow => ({
  ...row,
  provider,
  upstreamModel: model,
  price,
  ...(priceFactor !== undefined && { priceFactor }),
});
