/**
 * May the call be made, as far as these counters tell, and with how much output?
 * Pure: the store asserts by its condition that the counters still allow what is
 * decided here, so a decision on stale counters is never wrong, only refused.
 */
import { affordableOutput, boundMicroUsd } from '../catalogue/bound.ts';
import type { Price } from '../catalogue/price.ts';
import { type Counters, inEpoch, names } from './counters.ts';
import { type Demand, outputTokens } from './demand.ts';
import type { Hold } from './hold.ts';
import type { Meters } from './meters.ts';
import { admitRequest } from './rate.ts';
import type { Refusal } from './refusal.ts';
import { admitTokens, largestCall, type TokenAttributes, type TokenState } from './token-bucket.ts';
import { merged, noChange, type Update } from './update.ts';

export type Asked = Demand & {
  readonly prices: readonly Price[];
  readonly stream: boolean;
  /** Nobody waits for the answer: better later than shorter, as long as calls under way may give something back. */
  readonly patient?: true;
};

export type Decision =
  | {
      readonly admitted: true;
      readonly update: Update;
      readonly hold: Hold;
      /** For one choice; null where there is no output. */
      readonly maxOutputTokens: number | null;
    }
  | { readonly admitted: false; readonly refusal: Refusal }
  /** The organization's share of this project does not suffice: so many micro-dollars more, and it would. */
  | { readonly admitted: false; readonly needsGrantMicroUsd: number };

/** Less output than this is no answer. */
export const leastOutputTokens = 16;

export type Moment = {
  readonly epoch: string;
  readonly nowMs: number;
  /** The organization has granted all it could: what the project has is what there is. */
  readonly noMoreGrants: boolean;
};

export function decide(meters: Meters, counters: Counters, asked: Asked, moment: Moment): Decision {
  const requests = requestsIn(meters, counters, moment);
  if ('refusal' in requests) return { admitted: false, refusal: requests.refusal };

  const fit = fitted(meters, asked);
  if ('refusal' in fit) return { admitted: false, refusal: fit.refusal };
  const money = affordable(meters, counters, asked, fit.maxOutputTokens, moment.noMoreGrants);
  if ('refusal' in money) return { admitted: false, refusal: money.refusal };
  const { maxOutputTokens } = money;
  const hold = holdOf(meters, asked, maxOutputTokens, moment);

  const tokens = tokensIn(meters, counters, hold, moment);
  if ('refusal' in tokens) return { admitted: false, refusal: tokens.refusal };
  const streams = meters.concurrentStreams;
  if (hold.stream && streams !== null && (counters[names.streams] ?? 0) >= streams) {
    return { admitted: false, refusal: { why: 'streams' } };
  }
  const slack = counters[names.slack(meters.month)] ?? 0;
  if (meters.organization && hold.microUsd > slack) {
    return { admitted: false, needsGrantMicroUsd: hold.microUsd - slack };
  }

  const changes = [...requests.changes, ...tokens.changes, ...moneyChanges(meters, hold), streamChange(hold, streams)];
  return { admitted: true, hold, maxOutputTokens, update: merged([...changes, counted]) };
}

const counted: Update = { ...noChange, add: { [names.admissions]: 1 } };

type Verdict = { readonly changes: readonly Update[] } | { readonly refusal: Refusal };

/** Of several limits that refuse, the one that refuses longest is told. */
function requestsIn({ requests }: Meters, counters: Counters, { nowMs }: Moment): Verdict {
  const changes: Update[] = [];
  let longest: Extract<Refusal, { why: 'requests' }> | null = null;
  for (const meter of requests) {
    const verdict = admitRequest(meter.rate, meter.attribute, counters[meter.attribute], nowMs * 1000);
    if (verdict.admitted) {
      changes.push(verdict.change);
      continue;
    }
    const retryAfterMs = Math.ceil(verdict.retryAfterUs / 1000);
    if (longest === null || retryAfterMs > longest.retryAfterMs) longest = { why: 'requests', meter, retryAfterMs };
  }
  return longest === null ? { changes } : { refusal: longest };
}

function tokensIn({ tokens }: Meters, counters: Counters, hold: Hold, { nowMs }: Moment): Verdict {
  const changes: Update[] = [];
  const bound = hold.inputTokens + hold.outputTokens;
  for (const meter of tokens) {
    const { attributes } = meter;
    const verdict = admitTokens(meter.rate, attributes, tokenState(attributes, counters), bound, nowMs * 1000);
    if (!verdict.admitted) {
      const retryAfterMs = Math.ceil(verdict.retryAfterUs / 1000);
      return { refusal: { why: 'tokens', meter, retryAfterMs, held: verdict.held } };
    }
    const inFlight = verdict.change.add[attributes.inFlight] ?? 0;
    changes.push(verdict.change, { ...noChange, add: { [inEpoch(attributes.inFlight, hold.epoch)]: inFlight } });
  }
  return { changes };
}

function holdOf(meters: Meters, asked: Asked, maxOutputTokens: number | null, { epoch }: Moment): Hold {
  const { inputTokens, output, prices, stream } = asked;
  const outTokens = output === null ? 0 : outputTokens(output, maxOutputTokens ?? 0);
  return {
    shard: meters.share.shard,
    epoch,
    month: meters.month,
    microUsd: boundMicroUsd(inputTokens, outTokens, prices),
    inputTokens,
    outputTokens: outTokens,
    stream: stream && meters.concurrentStreams !== null,
    keyMoney: meters.money.some(({ scope }) => scope === 'key'),
    tokenLimits: Object.fromEntries(meters.tokens.map(({ scope, rate }) => [scope, rate.limit])),
  };
}

export const tokenState = ({ level, inFlight, sum }: TokenAttributes, counters: Counters): TokenState => ({
  ...(counters[level] !== undefined && { level: counters[level] }),
  ...(counters[inFlight] !== undefined && { inFlight: counters[inFlight] }),
  ...(counters[sum] !== undefined && { sum: counters[sum] }),
});

/** What the token limits could ever allow, at the best of times. A caller who names no maximum gets a quarter of it. */
function fitted(meters: Meters, { inputTokens, output }: Asked): Affordable {
  let max = output?.max ?? 0;
  for (const meter of meters.tokens) {
    const largest = largestCall(meter.rate);
    const tooLarge = { refusal: { why: 'too many tokens', meter, inputTokens } } as const;
    if (inputTokens > largest) return tooLarge;
    if (!output) continue;
    const room = output.stated ? largest : Math.max(inputTokens + leastOutputTokens, Math.floor(largest / 4));
    const perChoice = Math.floor((Math.min(room, largest) - inputTokens - output.predicted) / output.choices);
    if (perChoice < 1) return tooLarge;
    max = Math.min(max, perChoice);
  }
  return { maxOutputTokens: output === null ? null : max };
}

type Affordable = { readonly maxOutputTokens: number | null } | { readonly refusal: Refusal };

/** The maximum shrinks to what every budget affords, and below a floor it is refused. */
function affordable(
  meters: Meters,
  counters: Counters,
  asked: Asked,
  wanted: number | null,
  noMoreGrants: boolean,
): Affordable {
  let max = wanted;
  if (meters.organization && noMoreGrants) {
    const most = outputWithin(counters[names.slack(meters.month)] ?? 0, asked);
    if (most < leastNeeded(asked, max)) return { refusal: { why: 'money', scope: 'organization' } };
    max = max === null ? null : Math.min(max, most);
  }
  for (const meter of meters.money) {
    if (meter.limit === null) continue;
    const committed = counters[meter.committed] ?? 0;
    const reserved = counters[meter.reserved] ?? 0;
    const left = meter.limit - committed;
    const most = outputWithin(left, asked);
    // Had the calls under way cost nothing.
    const atBest = () => outputWithin(left + reserved, asked);
    const isWorthWaiting = asked.patient === true && most < (max ?? 0) && atBest() > most;
    if (most >= leastNeeded(asked, max) && !isWorthWaiting) {
      max = max === null ? null : Math.min(max, most);
      continue;
    }
    const held = atBest() >= leastNeeded(asked, max);
    return { refusal: { why: held ? 'money held' : 'money', scope: meter.scope } };
  }
  return { maxOutputTokens: max };
}

/** For one choice. */
export function outputWithin(microUsd: number, { inputTokens, output, prices }: Asked): number {
  if (microUsd < 0) return boundMicroUsd(inputTokens, output?.max ?? 0, prices) === 0 ? Number.POSITIVE_INFINITY : -1;
  const affordable = affordableOutput(microUsd, inputTokens, prices);
  return output === null ? affordable : Math.floor((affordable - output.predicted) / output.choices);
}

export const leastNeeded = ({ output }: Asked, max: number | null): number =>
  output === null ? 0 : Math.min(leastOutputTokens, max ?? 0);

function moneyChanges({ money, organization, month }: Meters, { microUsd, epoch }: Hold): Update[] {
  const slack = names.slack(month);
  return [
    ...money.map(({ committed, reserved, limit }): Update => {
      const amounts = [committed, reserved].flatMap((name) => [name, inEpoch(name, epoch)]);
      return {
        ...noChange,
        add: Object.fromEntries(amounts.map((name) => [name, microUsd])),
        // What costs nothing is never refused for money: PEERS has gateways that do.
        conditions:
          limit === null || microUsd === 0
            ? []
            : [{ attribute: committed, is: 'absent or at most', value: limit - microUsd }],
      };
    }),
    {
      ...noChange,
      add: { [slack]: -microUsd },
      conditions: organization && microUsd > 0 ? [{ attribute: slack, is: 'at least', value: microUsd }] : [],
    },
  ];
}

const streamChange = ({ stream, epoch }: Hold, most: number | null): Update =>
  stream && most !== null
    ? {
        ...noChange,
        add: { [names.streams]: 1, [inEpoch(names.streams, epoch)]: 1 },
        conditions: [{ attribute: names.streams, is: 'absent or below', value: most }],
      }
    : noChange;
