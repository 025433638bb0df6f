import fc from 'fast-check';
import type { Counters } from '../../../shared/admission/counters.ts';
import { tokenState } from '../../../shared/admission/decide.ts';
import { tokenAttributes } from '../../../shared/admission/meters.ts';
import {
  admitTokens,
  landed,
  largestCall,
  remainingTokens,
  settleTokens,
  tokensPerMinute,
} from '../../../shared/admission/token-bucket.ts';
import { anySkews, anySteps, applied, extremeSkews, type Logged, type Step, worstExcess } from './naive.ts';

const alone = { shard: 0, shards: 1 };
const attributes = tokenAttributes('');
const start = Date.parse('2026-11-22T10:00:00Z');

type UnderWay = { readonly entry: { atMs: number; amount: number }; readonly bound: number };

/** Every admission, by the time that it came, with what it took in the end: all of its bound where it never ended. */
function taken(limit: number, skews: readonly number[], steps: readonly Step[]): Logged[] {
  const rate = tokensPerMinute(limit, alone);
  const views: Counters[] = skews.map(() => ({}));
  const log: { atMs: number; amount: number }[] = [];
  const underWay: UnderWay[] = [];
  let item: Counters = {};
  let atMs = start;
  const view = (process: number) => tokenState(attributes, views[process] ?? {});
  for (const { process, afterMs, looks, amount, ends } of steps) {
    atMs += afterMs;
    const nowUs = (atMs + (skews[process] ?? 0)) * 1000;
    const [ended] = ends === null ? [] : underWay.splice(ends % Math.max(1, underWay.length), 1);
    // A settlement goes on until it is written, as the gateway's does.
    for (let tries = 0; ended && tries < 5; tries += 1) {
      const took = Math.min(ended.bound, amount);
      const after = applied(item, settleTokens(rate, attributes, view(process), ended.bound, took, nowUs));
      views[process] = after ?? item;
      if (after === null) continue;
      item = after;
      ended.entry.amount = took;
      break;
    }
    if (looks) views[process] = item;
    for (let tries = 0; tries < 3; tries += 1) {
      const verdict = admitTokens(rate, attributes, view(process), amount, nowUs);
      if (!verdict.admitted) break;
      const after = applied(item, verdict.change);
      views[process] = after ?? item;
      if (after === null) continue;
      item = after;
      const entry = { atMs, amount };
      log.push(entry);
      underWay.push({ entry, bound: amount });
      break;
    }
  }
  return log;
}

describe('tokens per minute (I1)', () => {
  test('whatever ends when, no window takes more than b + r·w of those that came in it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 600, max: 60_000 }),
        fc.oneof(anySkews, extremeSkews),
        anySteps(6_000, 3_000),
        (limit, skews, steps) => {
          const log = taken(limit, skews, steps);
          return log.length === 0 || worstExcess(log, limit / 60_000, limit / 6) <= 1e-6;
        },
      ),
      { numRuns: 1_500 },
    );
  });

  test('calls that never end keep their bounds for good, however long ago they came', () => {
    const rate = tokensPerMinute(60_000, alone);
    const first = admitTokens(rate, attributes, {}, 9_000, start * 1000);
    const item = first.admitted ? applied({}, first.change) : null;
    const hourLaterUs = (start + 3_600_000) * 1000;
    const second = admitTokens(rate, attributes, tokenState(attributes, item ?? {}), 200, hourLaterUs);
    expect(second).toEqual({ admitted: false, retryAfterUs: expect.any(Number), held: true });
  });

  test('nine tenths of the burst can be taken at once, and no more than the burst', () => {
    const rate = tokensPerMinute(60_000, alone);
    expect(largestCall(rate)).toBe(9_120);
    expect(admitTokens(rate, attributes, {}, 9_120, start * 1000)).toMatchObject({ admitted: true, remaining: 0 });
    expect(admitTokens(rate, attributes, {}, 9_121, start * 1000)).toMatchObject({ admitted: false, held: false });
  });

  test('what a call did not take is there again when it ends, and what it took when it has leaked', () => {
    const rate = tokensPerMinute(60_000, alone);
    const nowUs = start * 1000;
    const verdict = admitTokens(rate, attributes, {}, 9_000, nowUs);
    const held = (verdict.admitted && applied({}, verdict.change)) || {};
    expect(remainingTokens(rate, tokenState(attributes, held), nowUs)).toBe(120);
    const ended =
      applied(held, settleTokens(rate, attributes, tokenState(attributes, held), 9_000, 4_000, nowUs)) ?? {};
    expect(remainingTokens(rate, tokenState(attributes, ended), nowUs)).toBe(5_120);
    expect(remainingTokens(rate, tokenState(attributes, ended), nowUs + 1_000_000)).toBe(6_120);
    expect(remainingTokens(rate, tokenState(attributes, ended), nowUs + 60_000_000)).toBe(9_120);
  });

  test('a refusal that only time can lift says when', () => {
    const rate = tokensPerMinute(60_000, alone);
    const nowUs = start * 1000;
    const state = { level: nowUs + 9_000_000, inFlight: 0, sum: nowUs + 9_000_000 };
    const refused = admitTokens(rate, attributes, state, 1_000, nowUs);
    expect(refused).toEqual({ admitted: false, retryAfterUs: 880_000, held: false });
    expect(admitTokens(rate, attributes, state, 1_000, nowUs + 880_000).admitted).toBe(true);
    expect(admitTokens(rate, attributes, state, 1_000, nowUs + 879_999).admitted).toBe(false);
  });

  test.each([
    ['idle', {}],
    ['idle for long', { tl: start * 1000 - 60_000_000, tf: 5_000, tx: 7 }],
    ['busy', { tl: start * 1000 + 2_000, tf: 5_000, tx: start * 1000 + 7_000 }],
  ])('what lands is out of flight and leaks from now on, and the sum stays the sum: %s', (_, before) => {
    const nowUs = start * 1000;
    const counters: Counters = before;
    const after = applied(counters, landed(attributes, counters['tl'], 3_000, 1_000, nowUs)) ?? {};
    expect(after['tf']).toBe((counters['tf'] ?? 0) - 3_000);
    expect(after['tl']).toBe(Math.max(nowUs, counters['tl'] ?? 0) + 1_000);
    expect(after['tx']).toBe((after['tl'] ?? 0) + (after['tf'] ?? 0));
  });
});
