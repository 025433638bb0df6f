/**
 * Rates a period of the ledger anew, with the prices of today: after a wrong one
 * in sluice.json was mended. A page is as much as fits into the time of a
 * request. Whatever happens, what a page has written it also says: the
 * differences of all pages add up to what the counters moved by.
 */
import type { Catalogue } from '../catalogue/catalogue.ts';
import { asGatewayError, GatewayError } from '../errors.ts';
import type { Log } from '../observability/log.ts';
import type { StoredAttempt } from '../usage/attempt.ts';
import { adjustmentOf, counterOf } from './adjustment.ts';
import { ledgerFrom, theBeginning, type WalkDeps } from './ledger-walk.ts';
import { add, count, countRerated, noTotals, type Rerating, rerated, reratingObject, type Totals } from './rerating.ts';
import { mostRowsPerBatch, type ReratingStore } from './rerating-store.ts';
import { pageAfter, placeOf, type RerateRequest } from './schemas.ts';

export type RerateDeps = WalkDeps & {
  readonly catalogue: Catalogue;
  readonly ratings: ReratingStore;
  readonly log: Log;
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** One of so many, from 0: for waits that rivals do not share. */
  readonly pick: (count: number) => number;
};

/** By then the calls of a period have ended, and the sweep has closed those that nobody settled. */
const settledAfterSeconds = 3_600;

export function refuseUnsettled({ start_time, end_time }: RerateRequest, nowMs: number): void {
  if (end_time <= start_time) {
    throw new GatewayError('invalid_request', { message: 'end_time must be after start_time.', param: 'end_time' });
  }
  if (end_time > nowMs / 1000 - settledAfterSeconds) {
    throw new GatewayError('invalid_request', {
      message: 'Only a period that ended at least an hour ago can be rated anew: its calls may not be settled yet.',
      param: 'end_time',
    });
  }
}

/** Rows that are written before the next are read, at the least. */
const rowsAtATime = 450;

export async function reratedPage(deps: RerateDeps, request: RerateRequest, isTimeUp: () => boolean) {
  const totals = noTotals();
  const from = request.page === undefined ? theBeginning : placeOf(request.page);
  let read = from;
  let written = from;
  let looked = 0;
  let more = false;
  let pending: StoredAttempt[] = [];
  const writePending = async () => {
    await rate(deps, pending, request.dry_run, totals);
    written = read;
    pending = [];
  };
  try {
    for await (const { place, row } of ledgerFrom(deps, request, from)) {
      more = isTimeUp() || (row !== null && looked === request.limit);
      if (more) break;
      read = place;
      if (row === null) continue;
      looked++;
      pending.push(row);
      if (pending.length === rowsAtATime) await writePending();
    }
    await writePending();
  } catch (error) {
    if (totals.rows.rerated === 0) throw error;
    // Most likely the next page fails with it; this one has something to tell.
    deps.log.warn('re-rating stopped short', { why: asGatewayError(error).why, error });
    more = true;
  }
  return reratingObject(totals, {
    dryRun: request.dry_run,
    priceVersion: deps.catalogue.priceVersion,
    nextPage: more ? pageAfter(written) : null,
  });
}

/** Rows that are written count at once, all others at the end: should it fail, the next page sees those again. */
async function rate(deps: RerateDeps, rows: readonly StoredAttempt[], dryRun: boolean, totals: Totals): Promise<void> {
  const { catalogue } = deps;
  const reratings: Rerating[] = [];
  const others = noTotals();
  for (const row of rows) {
    const verdict = rerated(row, catalogue.priceOf(row), catalogue.priceVersion);
    if (verdict.is === 'rerated') reratings.push(verdict.rerating);
    else count(others, verdict.is, row.state === 'settled' ? row.costMicroUsd : 0);
  }
  if (dryRun) countRerated(totals, reratings);
  else
    for (const [counter, batch] of batchesOf(reratings, deps.now())) await write(deps, counter, batch, totals, others);
  add(totals, others);
}

/** Each of rows that the same item of counters has paid for, or none. */
function batchesOf(reratings: readonly Rerating[], nowMs: number): [counter: string | null, batch: Rerating[]][] {
  const byCounter = Map.groupBy(reratings, ({ row }) => counterOf(row, nowMs));
  return [...byCounter].flatMap(([counter, all]) =>
    Array.from({ length: Math.ceil(all.length / mostRowsPerBatch) }, (_, index): [string | null, Rerating[]] => [
      counter,
      all.slice(index * mostRowsPerBatch, (index + 1) * mostRowsPerBatch),
    ]),
  );
}

const mostTries = 6;
const firstWaitMs = 20;

async function write(
  { ratings, pause, pick }: RerateDeps,
  counter: string | null,
  batch: readonly Rerating[],
  totals: Totals,
  others: Totals,
): Promise<void> {
  let rest = batch;
  for (let tries = 1; rest.length > 0; ) {
    const result = await ratings.write(rest, counter === null ? null : adjustmentOf(counter, rest));
    switch (result.is) {
      case 'written':
        countRerated(totals, rest);
        return;
      case 'changed': {
        // Rated by someone else in between, who says so.
        for (const index of result.rows) count(others, 'changed_meanwhile', rest[index]?.row.costMicroUsd ?? 0);
        const changed = new Set(result.rows);
        rest = rest.filter((_, index) => !changed.has(index));
        break;
      }
      case 'not_closed':
        throw new GatewayError('conflict', {
          message: 'Calls of that time are not closed yet. Try again once the sweep has run.',
        });
      case 'conflict':
        if (tries === mostTries) throw new GatewayError('overloaded', { cause: new Error('too many conflicts') });
        await pause(pick(firstWaitMs * 2 ** tries));
        tries++;
        break;
    }
  }
}
