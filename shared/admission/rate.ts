/**
 * A rate with a burst, exactly (I1), as a bucket that is one number: the
 * theoretical arrival time, GCRA's, in microseconds.
 * https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 *
 * DynamoDB's conditions cannot take a maximum, so a write either adds to the
 * number (`busy`) or starts it anew at the present (`idle`), on the condition
 * that this is right. The two overlap by `slackUs`, so that a writer with a
 * stale view is rarely wrong; what the overlap and the clocks of different
 * instances could add is taken off the burst, so the bound is never passed.
 * The proof is in docs/adr/0030.
 */
import type { Update } from './update.ts';
import { noChange } from './update.ts';

/** How far any two instances' clocks may be apart, and still nothing is admitted too much. */
export const clockSkewUs = 400_000;
const slackShare = 0.05;

export type Rate = {
  /** Between two requests at the bare rate. */
  readonly intervalUs: number;
  /** Requests that may come at once. */
  readonly burst: number;
};

const minuteUs = 60_000_000;
const dayUs = 86_400_000_000;

/** A sixth of the limit, as the guide has it: 60 a minute, 10 at once. */
export const defaultBurst = (limit: number): number => Math.max(1, Math.floor(limit / 6));

export type Share = { readonly shard: number; readonly shards: number };

const rateOf = (periodUs: number, limit: number, burst: number, { shard, shards }: Share): Rate => ({
  // Rounded up: never faster than the limit.
  intervalUs: Math.ceil(periodUs / Math.max(1, partOf(limit, shard, shards))),
  burst: limit < shards && shard >= limit ? 0 : partOf(burst, shard, shards),
});

export const perMinute = (limit: number, burst: number | undefined, share: Share): Rate =>
  rateOf(minuteUs, limit, burst ?? defaultBurst(limit), share);
export const perDay = (limit: number, share: Share): Rate => rateOf(dayUs, limit, defaultBurst(limit), share);

/** A shard's part of a whole number: the parts of all shards add up to it. */
export const partOf = (whole: number, shard: number, shards: number): number =>
  Math.floor(whole / shards) + (shard < whole % shards ? 1 : 0);

function margins({ intervalUs, burst }: Rate) {
  const toleranceUs = (burst - 1) * intervalUs;
  const usableUs = Math.max(0, toleranceUs - clockSkewUs);
  const slackUs = Math.floor(usableUs * slackShare);
  return {
    slackUs,
    /** Added to as long as it is no further ahead than this. */
    aheadUs: usableUs - slackUs,
    /** Started anew only when it is this far behind: a burst smaller than the clocks' skew has nothing to pay it from. */
    behindUs: Math.max(0, clockSkewUs - toleranceUs),
  };
}

export type RateVerdict =
  | { readonly admitted: true; readonly change: Update; readonly remaining: number }
  | { readonly admitted: false; readonly retryAfterUs: number };

/** May one request come now, as far as `arrival` (undefined: never a request) tells? */
export function admitRequest(rate: Rate, attribute: string, arrival: number | undefined, nowUs: number): RateVerdict {
  const { slackUs, aheadUs, behindUs } = margins(rate);
  const { intervalUs } = rate;
  // A shard's part of a small burst may be nothing.
  if (rate.burst < 1) return { admitted: false, retryAfterUs: intervalUs };
  if (arrival !== undefined && arrival >= nowUs - slackUs && arrival <= nowUs + aheadUs && aheadUs > 0) {
    const change: Update = {
      ...noChange,
      add: { [attribute]: intervalUs },
      conditions: [
        { attribute, is: 'at least', value: nowUs - slackUs },
        { attribute, is: 'at most', value: nowUs + aheadUs },
      ],
    };
    return { admitted: true, change, remaining: remainingRequests(rate, arrival + intervalUs, nowUs) };
  }
  if (arrival === undefined || arrival < nowUs - behindUs) {
    const change: Update = {
      ...noChange,
      set: { [attribute]: nowUs + intervalUs },
      conditions: [{ attribute, is: 'absent or below', value: nowUs - behindUs }],
    };
    return { admitted: true, change, remaining: remainingRequests(rate, nowUs + intervalUs, nowUs) };
  }
  return { admitted: false, retryAfterUs: arrival - (aheadUs > 0 ? nowUs + aheadUs : nowUs - behindUs - 1) };
}

/** Requests that would be admitted at this instant. */
export function remainingRequests(rate: Rate, arrival: number | undefined, nowUs: number): number {
  const { aheadUs, behindUs } = margins(rate);
  if (rate.burst < 1) return 0;
  if (arrival === undefined || arrival < nowUs - behindUs) return 1 + Math.floor(aheadUs / rate.intervalUs);
  return aheadUs > 0 ? Math.max(0, 1 + Math.floor((nowUs + aheadUs - arrival) / rate.intervalUs)) : 0;
}

/** Until the whole burst may come again. */
export const resetUs = (arrival: number | undefined, nowUs: number): number => Math.max(0, (arrival ?? 0) - nowUs);
