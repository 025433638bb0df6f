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
import type { Meters, TokenMeter } from './meters.ts';
import { admitRequest } from './rate.ts';
import type { Refusal } from './refusal.ts';
import { admitTokens, largestCall, type TokenAttributes, type TokenState } from './token-bucket.ts';
import { merged, noChange, type Update } from './update.ts';

export type Asked = Demand & { readonly prices: readonly Price[]; readonly stream: boolean };

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
  const { epoch, nowMs, noMoreGrants } = moment;
  const nowUs = nowMs * 1000;
  const { inputTokens, output, prices, stream } = asked;

  const requests = meters.requests.map((meter) => ({
    meter,
    verdict: admitRequest(meter.rate, meter.attribute, counters[meter.attribute], nowUs),
  }));
  const waits = requests.flatMap(({ meter, verdict }) =>
    verdict.admitted ? [] : [{ meter, retryAfterMs: Math.ceil(verdict.retryAfterUs / 1000) }],
  );
  const longest = waits.sort((a, b) => b.retryAfterMs - a.retryAfterMs)[0];
  if (longest) return { admitted: false, refusal: { why: 'requests', ...longest } };

  const fit = fitted(meters, asked);
  if (fit.tooLarge) return { admitted: false, refusal: { why: 'too many tokens', meter: fit.tooLarge, inputTokens } };

  const money = affordable(meters, counters, asked, fit.maxOutputTokens, noMoreGrants);
  if ('refusal' in money) return { admitted: false, refusal: money.refusal };

  const { maxOutputTokens } = money;
  const outTokens = output === null ? 0 : outputTokens(output, maxOutputTokens ?? 0);
  const tokens = inputTokens + outTokens;
  const held = meters.tokens.map((meter) => ({
    meter,
    verdict: admitTokens(meter.rate, meter.attributes, tokenState(meter.attributes, counters), tokens, nowUs),
  }));
  for (const { meter, verdict } of held) {
    if (verdict.admitted) continue;
    const retryAfterMs = Math.ceil(verdict.retryAfterUs / 1000);
    return { admitted: false, refusal: { why: 'tokens', meter, retryAfterMs, held: verdict.held } };
  }

  const streams = meters.concurrentStreams;
  if (stream && streams !== null && (counters[names.streams] ?? 0) >= streams) {
    return { admitted: false, refusal: { why: 'streams' } };
  }

  const microUsd = boundMicroUsd(inputTokens, outTokens, prices);
  const slack = counters[names.slack(meters.month)] ?? 0;
  if (meters.organization && microUsd > slack) return { admitted: false, needsGrantMicroUsd: microUsd - slack };

  const tokenLimits = Object.fromEntries(meters.tokens.map(({ scope, rate }) => [scope, rate.limit]));
  const hold: Hold = {
    shard: meters.share.shard,
    epoch,
    month: meters.month,
    microUsd,
    inputTokens,
    outputTokens: outTokens,
    stream: stream && streams !== null,
    keyMoney: meters.money.some(({ scope }) => scope === 'key'),
    tokenLimits,
  };
  const changes = [...requests, ...held].flatMap(({ verdict }) => (verdict.admitted ? [verdict.change] : []));
  const inFlight = held.flatMap(({ verdict, meter }) =>
    verdict.admitted
      ? [twin(meter.attributes.inFlight, verdict.change.add[meter.attributes.inFlight] ?? 0, epoch)]
      : [],
  );
  return {
    admitted: true,
    hold,
    maxOutputTokens,
    update: merged([...changes, ...inFlight, ...moneyChanges(meters, hold), streamChange(hold, streams), counted]),
  };
}

const counted: Update = { ...noChange, add: { [names.admissions]: 1 } };

const twin = (name: string, amount: number, epoch: string): Update => ({
  ...noChange,
  add: { [inEpoch(name, epoch)]: amount },
});

export const tokenState = ({ level, inFlight, sum }: TokenAttributes, counters: Counters): TokenState => ({
  ...(counters[level] !== undefined && { level: counters[level] }),
  ...(counters[inFlight] !== undefined && { inFlight: counters[inFlight] }),
  ...(counters[sum] !== undefined && { sum: counters[sum] }),
});

/** What the token limits could ever allow, at the best of times. A caller who names no maximum gets a quarter of it. */
function fitted(
  meters: Meters,
  { inputTokens, output }: Asked,
): { maxOutputTokens: number | null; tooLarge?: TokenMeter } {
  let max = output?.max ?? 0;
  for (const meter of meters.tokens) {
    const largest = largestCall(meter.rate);
    if (inputTokens > largest) return { maxOutputTokens: null, tooLarge: meter };
    if (!output) continue;
    const room = output.stated ? largest : Math.max(inputTokens + leastOutputTokens, Math.floor(largest / 4));
    const perChoice = Math.floor((Math.min(room, largest) - inputTokens - output.predicted) / output.choices);
    if (perChoice < 1) return { maxOutputTokens: null, tooLarge: meter };
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
    const most = outputWithin(meter.limit - committed, asked);
    if (most >= leastNeeded(asked, max)) {
      max = max === null ? null : Math.min(max, most);
      continue;
    }
    // Had the calls under way cost nothing, would there be enough?
    const held = outputWithin(meter.limit - committed + reserved, asked) >= leastNeeded(asked, max);
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
