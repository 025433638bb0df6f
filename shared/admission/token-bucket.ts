/**
 * Tokens per minute, exactly (I1), though nobody knows before the end how many a
 * call takes: it holds its upper bound until it settles, and only what it took
 * in the end counts against the rate.
 *
 *   level      tokens taken, leaking away at the rate: a time in microseconds, below the present when all has leaked
 *   in flight  bounds of the calls under way, as the time in which as many tokens leak; they do not leak
 *   sum        level and in flight, since DynamoDB's conditions cannot add
 *
 * What is under way never leaks, so no call that ends late can make the past
 * cheaper than it was. `busy` and `idle` are as in rate.ts.
 */
import { clockSkewUs, defaultBurst, partOf, type Share } from './rate.ts';
import { noChange, type Update } from './update.ts';

const slackShare = 0.05;
const minuteUs = 60_000_000;

export type TokenRate = {
  /** A shard's tokens a minute. */
  readonly limit: number;
};

export const tokensPerMinute = (limit: number, { shard, shards }: Share): TokenRate => ({
  limit: Math.max(1, partOf(limit, shard, shards)),
});

export type TokenAttributes = { readonly level: string; readonly inFlight: string; readonly sum: string };
export type TokenState = { readonly level?: number; readonly inFlight?: number; readonly sum?: number };

/** The time in which that many tokens leak, rounded up. */
export const leakUs = ({ limit }: TokenRate, tokens: number): number => Math.ceil((tokens * minuteUs) / limit);

function margins(rate: TokenRate) {
  const usableUs = Math.max(0, leakUs(rate, defaultBurst(rate.limit)) - clockSkewUs);
  const slackUs = Math.floor(usableUs * slackShare);
  return { slackUs, capacityUs: usableUs - slackUs };
}

const tokensIn = ({ limit }: TokenRate, us: number): number => Math.max(0, Math.floor((us * limit) / minuteUs));

/** More than this no call can ever have. */
export const largestCall = (rate: TokenRate): number => tokensIn(rate, margins(rate).capacityUs);

export type TokenVerdict =
  | { readonly admitted: true; readonly change: Update; readonly remaining: number }
  /** `held`: what stands in the way may end at any moment, and not only with time. */
  | { readonly admitted: false; readonly retryAfterUs: number; readonly held: boolean };

const isIdle = ({ level }: TokenState, nowUs: number, slackUs: number): boolean =>
  level === undefined || level < nowUs - slackUs;

export const remainingTokens = (rate: TokenRate, state: TokenState, nowUs: number): number => {
  const { slackUs, capacityUs } = margins(rate);
  const taken = isIdle(state, nowUs, slackUs) ? (state.inFlight ?? 0) : (state.sum ?? 0) - nowUs;
  return Math.min(largestCall(rate), tokensIn(rate, capacityUs - taken));
};

export function admitTokens(
  rate: TokenRate,
  attributes: TokenAttributes,
  state: TokenState,
  tokens: number,
  nowUs: number,
): TokenVerdict {
  const { slackUs, capacityUs } = margins(rate);
  const boundUs = leakUs(rate, tokens);
  const inFlight = state.inFlight ?? 0;
  const idle = isIdle(state, nowUs, slackUs);
  const overUs = (idle ? inFlight : (state.sum ?? 0) - nowUs) + boundUs - capacityUs;
  if (overUs > 0) {
    const leaking = idle ? 0 : (state.level ?? 0) - nowUs;
    return { admitted: false, retryAfterUs: Math.min(overUs, Math.max(leaking, 1_000_000)), held: inFlight > 0 };
  }
  const { level, inFlight: flying, sum } = attributes;
  const change: Update = idle
    ? {
        ...noChange,
        add: { [flying]: boundUs },
        set: { [level]: nowUs, [sum]: { from: flying, plus: nowUs + boundUs } },
        conditions: [
          { attribute: level, is: 'absent or below', value: nowUs },
          { attribute: flying, is: 'absent or at most', value: capacityUs - boundUs },
        ],
      }
    : {
        ...noChange,
        add: { [flying]: boundUs, [sum]: boundUs },
        conditions: [
          { attribute: level, is: 'at least', value: nowUs - slackUs },
          { attribute: sum, is: 'at most', value: nowUs + capacityUs - boundUs },
        ],
      };
  return { admitted: true, change, remaining: Math.max(0, remainingTokens(rate, state, nowUs) - tokens) };
}

/** The call has ended and took `tokens`: its bound flies no more, and what it took begins to leak. */
export function settleTokens(
  rate: TokenRate,
  attributes: TokenAttributes,
  { level }: Pick<TokenState, 'level'>,
  bound: number,
  tokens: number,
  nowUs: number,
): Update {
  return landed(attributes, level, leakUs(rate, bound), leakUs(rate, tokens), nowUs, margins(rate).slackUs);
}

/** The same for amounts that have been made times already. */
export function landed(
  attributes: TokenAttributes,
  level: number | undefined,
  boundUs: number,
  tookUs: number,
  nowUs: number,
  slackUs = 0,
): Update {
  return level === undefined || level < nowUs - slackUs
    ? {
        ...noChange,
        add: { [attributes.inFlight]: -boundUs },
        set: {
          [attributes.level]: nowUs + tookUs,
          [attributes.sum]: { from: attributes.inFlight, plus: nowUs + tookUs - boundUs },
        },
        conditions: [{ attribute: attributes.level, is: 'absent or below', value: nowUs }],
      }
    : {
        ...noChange,
        add: { [attributes.inFlight]: -boundUs, [attributes.level]: tookUs, [attributes.sum]: tookUs - boundUs },
        conditions: [{ attribute: attributes.level, is: 'at least', value: nowUs - slackUs }],
      };
}
