import fc from 'fast-check';
import { type Counters, epochAt, modelScope, names } from '../../../shared/admission/counters.ts';
import { type Decision, decide } from '../../../shared/admission/decide.ts';
import type { Hold } from '../../../shared/admission/hold.ts';
import { metersOf } from '../../../shared/admission/meters.ts';
import { isClosed, settlementUpdate } from '../../../shared/admission/settle.ts';
import type { KeyPolicy, ProjectPolicy } from '../../../shared/limits/limits.ts';
import { asking, heldTo } from '../../invariants/support/house.ts';
import { anySkews, anySteps, applied, extremeSkews, type Logged, worstExcess } from './naive.ts';

const start = Date.parse('2026-11-22T10:00:00Z');
const holder = { apiKeyId: 'key_a', model: 'model' };

type Policies = { readonly policy: Partial<ProjectPolicy>; readonly keyPolicy?: Partial<KeyPolicy> };
const metersFor = ({ policy, keyPolicy = {} }: Policies, nowMs = start) =>
  metersOf(heldTo({ projectId: 'proj_a', policy, keyPolicy }), 'model', 0, nowMs);
const momentAt = (nowMs: number, noMoreGrants = false) => ({ epoch: epochAt(nowMs, 600), nowMs, noMoreGrants });
const decided = (policies: Policies, counters: Counters, asked = asking(100, 50)): Decision =>
  decide(metersFor(policies), counters, asked, momentAt(start));
const refusalOf = (decision: Decision) => ('refusal' in decision ? decision.refusal : null);

describe('all limits together, on stale views and skewed clocks, against an exact log', () => {
  const limits = { requestsPerMinute: 1_200, burst: 25, tokensPerMinute: 60_000, requestsPerDay: 2_000 };
  const policies = (spendLimitMicroUsd: number): Policies => ({
    policy: {
      limits,
      modelLimits: { model: { tokensPerMinute: 45_000 } },
      concurrentStreams: 4,
      spendLimitMicroUsd,
    },
    keyPolicy: { limits: { requestsPerMinute: 900, burst: 20 }, spendLimitMicroUsd: spendLimitMicroUsd - 300 },
  });

  test('none of them is ever passed, and what all calls hold is gone when all have ended (I1, I2)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 500, max: 30_000 }),
        fc.oneof(anySkews, extremeSkews),
        anySteps(2_000, 1_500),
        (limit, skews, steps) => {
          const views: Counters[] = skews.map(() => ({}));
          const requests: Logged[] = [];
          const tokens: { atMs: number; amount: number }[] = [];
          let underWay: { hold: Hold; entry: { atMs: number; amount: number } }[] = [];
          let item: Counters = {};
          let spent = 0;
          let atMs = start;
          const end = (process: number, took: number, nowMs: number) => {
            const [first] = underWay;
            if (!first) return;
            underWay = underWay.slice(1);
            const cost = Math.min(took, first.hold.microUsd);
            const taken = { microUsd: cost, tokens: cost };
            for (let tries = 0; tries < 5; tries += 1) {
              const after = applied(item, settlementUpdate(first.hold, holder, taken, views[process] ?? {}, nowMs));
              views[process] = after ?? item;
              if (after === null) continue;
              item = after;
              first.entry.amount = cost;
              spent += cost;
              return;
            }
          };
          for (const { process, afterMs, looks, amount, ends } of steps) {
            atMs += afterMs;
            const nowMs = atMs + (skews[process] ?? 0);
            if (ends !== null) end(process, amount, nowMs);
            if (looks) views[process] = item;
            const patience = amount % 3 === 0 ? ({ patient: true } as const) : {};
            const asked = asking(Math.ceil(amount / 3), amount, { stream: amount % 2 === 0, ...patience });
            for (let tries = 0; tries < 3; tries += 1) {
              const decision = decide(metersFor(policies(limit), nowMs), views[process] ?? {}, asked, momentAt(nowMs));
              if (!decision.admitted) break;
              const after = applied(item, decision.update);
              views[process] = after ?? item;
              if (after === null) continue;
              item = after;
              const { hold } = decision;
              expect(hold.inputTokens + hold.outputTokens).toBe(hold.microUsd);
              const entry = { atMs, amount: hold.microUsd };
              requests.push({ atMs, amount: 1 });
              tokens.push(entry);
              underWay.push({ hold, entry });
              break;
            }
            const reserved = underWay.reduce((sum, { hold }) => sum + hold.microUsd, 0);
            expect(spent + reserved).toBeLessThanOrEqual(limit - 300);
            expect(item[names.committed('', '2611')] ?? 0).toBe(spent + reserved);
            expect(underWay.filter(({ hold }) => hold.stream).length).toBeLessThanOrEqual(4);
          }
          if (requests.length === 0) return;
          expect(worstExcess(requests, 900 / 60_000, 20)).toBeLessThanOrEqual(1e-6);
          expect(worstExcess(tokens, 45_000 / 60_000, 7_500)).toBeLessThanOrEqual(1e-6);
          while (underWay.length > 0) end(0, 0, atMs);
          const held = Object.entries(item).filter(([name]) => /(^|\.)(R2611|tf|C)(@|$)/.test(name));
          expect(held.filter(([, value]) => value !== 0)).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('why a call is refused', () => {
  test('of several rates, the one that is the longest away', () => {
    const nowUs = start * 1000;
    const policies = {
      policy: { limits: { requestsPerMinute: 60, requestsPerDay: 86_400 } },
      keyPolicy: { limits: { requestsPerMinute: 60 } },
    };
    const counters = { rq: nowUs + 9_000_000, 'k.key_a.rq': nowUs + 20_000_000 };
    expect(refusalOf(decided(policies, counters))).toMatchObject({ why: 'requests', meter: { scope: 'key' } });
    expect(refusalOf(decided(policies, { rd: nowUs + 20_000_000_000 }))).toMatchObject({ meter: { per: 'day' } });
  });

  test('money that is spent, and money that calls under way hold, are told apart', () => {
    const policies = { policy: { spendLimitMicroUsd: 1_000 } };
    expect(refusalOf(decided(policies, { M2611: 900 }))).toEqual({ why: 'money', scope: 'project' });
    expect(refusalOf(decided(policies, { M2611: 900, R2611: 300 }))).toEqual({ why: 'money held', scope: 'project' });
    const ofKey = { policy: {}, keyPolicy: { spendLimitMicroUsd: 1_000 } };
    expect(refusalOf(decided(ofKey, { 'k.key_a.M2611': 900 }))).toEqual({ why: 'money', scope: 'key' });
    expect(decided(policies, { M2610: 900 }).admitted).toBe(true);
  });

  test('whoever is patient waits for what calls under way hold, rather than be content with less output', () => {
    const policies = { policy: { spendLimitMicroUsd: 1_000 } };
    const most = (decision: Decision) => (decision.admitted ? decision.maxOutputTokens : null);
    const hasty = asking(100, 200);
    const patient = { ...hasty, patient: true } as const;
    const held = { M2611: 800, R2611: 300 };
    expect(most(decided(policies, held, hasty))).toBe(100);
    expect(refusalOf(decided(policies, held, patient))).toEqual({ why: 'money held', scope: 'project' });
    // Nobody gives anything back: what is there is all there is.
    expect(most(decided(policies, { M2611: 800 }, patient))).toBe(100);
    expect(most(decided(policies, { M2611: 700, R2611: 300 }, patient))).toBe(200);
    expect(refusalOf(decided(policies, { M2611: 900 }, patient))).toEqual({ why: 'money', scope: 'project' });
  });

  test('streams', () => {
    const policies = { policy: { concurrentStreams: 2 } };
    const stream = asking(100, 50, { stream: true });
    expect(decided(policies, { C: 1 }, stream).admitted).toBe(true);
    expect(refusalOf(decided(policies, { C: 2 }, stream))).toEqual({ why: 'streams' });
    expect(decided(policies, { C: 2 }).admitted).toBe(true);
  });

  test('tokens: now, or never', () => {
    const policies = { policy: { limits: { tokensPerMinute: 60_000 } } };
    expect(refusalOf(decided(policies, {}, asking(9_121, 50)))).toMatchObject({ why: 'too many tokens' });
    const full = { tl: start * 1000 + 9_120_000, tf: 0, tx: start * 1000 + 9_120_000 };
    expect(refusalOf(decided(policies, full))).toMatchObject({ why: 'tokens', held: false });
    const ofModel = { policy: { modelLimits: { model: { tokensPerMinute: 60_000 }, other: { tokensPerMinute: 1 } } } };
    const scope = modelScope('model');
    const inModel = Object.fromEntries(Object.entries(full).map(([name, value]) => [scope + name, value]));
    expect(refusalOf(decided(ofModel, inModel))).toMatchObject({ why: 'tokens', meter: { scope: 'model' } });
    expect(decided(ofModel, full).admitted).toBe(true);
  });
});

describe('how much output', () => {
  const most = (decision: Decision) => (decision.admitted ? decision.maxOutputTokens : null);

  test('as much as every budget affords, down to sixteen tokens', () => {
    const policies = { policy: { spendLimitMicroUsd: 1_000 } };
    expect(most(decided(policies, {}))).toBe(50);
    expect(most(decided(policies, { M2611: 860 }))).toBe(40);
    expect(most(decided(policies, { M2611: 884 }))).toBe(16);
    expect(decided(policies, { M2611: 885 }).admitted).toBe(false);
    expect(most(decided(policies, { M2611: 895 }, asking(100, 5)))).toBe(5);
  });

  test('choices are multiplied, predicted output is added, and the dearest target counts (I2)', () => {
    const policies = { policy: { spendLimitMicroUsd: 10_000 } };
    const output = { max: 50, stated: true, choices: 3, predicted: 20 };
    const prices = [
      { input: 1_000_000, output: 1_000_000 },
      { input: 2_000_000, output: 3_000_000 },
    ];
    const decision = decided(policies, {}, asking(100, null, { output, prices }));
    expect(decision).toMatchObject({ hold: { microUsd: 200 + 3 * 170, outputTokens: 170 } });
    expect(most(decided(policies, { M2611: 10_000 - 200 - 3 * 80 }, asking(100, null, { output, prices })))).toBe(20);
  });

  test('a caller who names none gets a quarter of what a token limit could ever allow', () => {
    const policies = { policy: { limits: { tokensPerMinute: 60_000 } } };
    const output = { max: 50_000, stated: false, choices: 1, predicted: 0 };
    expect(most(decided(policies, {}, asking(100, null, { output })))).toBe(2_180);
    expect(most(decided(policies, {}, asking(100, 50_000)))).toBe(9_020);
  });

  test('what costs nothing is never refused for money', () => {
    const prices = [{ input: 0, output: 0 }];
    expect(decided({ policy: { spendLimitMicroUsd: 0 } }, { M2611: 5 }, asking(100, 50, { prices })).admitted).toBe(
      true,
    );
    expect(decided({ policy: { spendLimitMicroUsd: 0 } }, {}, asking(100, null)).admitted).toBe(false);
  });
});

describe('the organization', () => {
  const held = heldTo({ projectId: 'proj_a', organizationMicroUsd: 1_000 });
  const meters = metersOf(held, 'model', 0, start);

  test('a call that its grant does not cover needs more, and shrinks to what there is when no more comes', () => {
    const short = { S2611: 120 };
    expect(decide(meters, short, asking(100, 50), momentAt(start))).toEqual({
      admitted: false,
      needsGrantMicroUsd: 30,
    });
    expect(decide(meters, short, asking(100, 50), momentAt(start, true))).toMatchObject({ maxOutputTokens: 20 });
    expect(refusalOf(decide(meters, { S2611: 110 }, asking(100, 50), momentAt(start, true)))).toEqual({
      why: 'money',
      scope: 'organization',
    });
    expect(decide(meters, { S2611: 150 }, asking(100, 50), momentAt(start))).toMatchObject({ admitted: true });
  });
});

test('an epoch that is being closed takes no settlements', () => {
  const decision = decided({ policy: {} }, {});
  if (!decision.admitted) throw new Error('expected it to be admitted');
  const item = applied({}, decision.update) ?? {};
  const { hold } = decision;
  expect(isClosed(hold, item)).toBe(false);
  const { [`R2611@${hold.epoch}`]: _, ...closing } = item;
  expect(isClosed(hold, closing)).toBe(true);
  expect(applied(closing, settlementUpdate(hold, holder, { microUsd: 1, tokens: 1 }, closing, start))).toBeNull();
});
