/** The arithmetic of the benchmark's outage: a wrong figure there looks like any other. */
import { outageFinding, type Reading, together } from '../../bench/outage-findings.ts';
import type { Seen } from '../../bench/steady-load.ts';

type Told = Reading & { readonly sent: number; readonly took?: number; readonly complete?: boolean };

/** It dies at 1000 and is back at 6000. */
const outage = { kind: 'killed', beganAtMs: 1_000, endedAtMs: 6_000 } as const;

function findingOf(...told: readonly Told[]) {
  const readings = new Map<Seen, Reading>();
  const seen = told.map(({ sent, took = 10, complete = true, ...reading }) => {
    const one: Seen = { sentAtMs: sent, endedAtMs: sent + took, complete, headers: {} };
    readings.set(one, reading);
    return one;
  });
  const nobody: Reading = { by: 'nobody', triedFirst: false };
  return outageFinding('it', seen, outage, (one) => readings.get(one) ?? nobody);
}

const first = (sent: number, took = 10): Told => ({ sent, took, by: 'first', triedFirst: true });
const triedFirst = (sent: number, took = 10): Told => ({ sent, took, by: 'second', triedFirst: true });
const spared = (sent: number): Told => ({ sent, by: 'second', triedFirst: false });

test('counts from the death to the first request that was spared, in the order in which they were sent', () => {
  const finding = findingOf(first(900), spared(1_300), triedFirst(1_100), triedFirst(1_200, 500), spared(1_400));
  expect(finding).toMatchObject({ requests: 4, sparedAfterMs: 300, triedBefore: 2, triedAfter: 0, slowestMs: 500 });
});

test('a request that was under way when the provider died is one that tried it', () => {
  expect(findingOf(triedFirst(990, 100), spared(1_050))).toMatchObject({ requests: 2, triedBefore: 1 });
});

test('who is spared before the death proves nothing', () => {
  expect(findingOf(spared(995), triedFirst(1_100))).toMatchObject({ sparedAfterMs: null, triedBefore: 1 });
});

test('a probe is no request of those before the first that was spared', () => {
  expect(findingOf(triedFirst(1_100), spared(1_200), triedFirst(3_000), spared(3_050))).toMatchObject({
    triedBefore: 1,
    triedAfter: 1,
  });
});

test('the provider is back with its first answer after its return, and never where none came', () => {
  expect(findingOf(spared(5_900), spared(6_100), first(7_500), first(7_600))).toMatchObject({ backAfterMs: 1_500 });
  expect(findingOf(spared(5_900), spared(6_100))).toMatchObject({ backAfterMs: null });
});

test('an answer that is none is an error, after the return of the provider as well', () => {
  expect(findingOf({ ...first(6_100), complete: false }, spared(1_200))).toMatchObject({ errors: 1 });
  expect(findingOf({ ...triedFirst(1_100), by: 'nobody', complete: false }, spared(1_200))).toMatchObject({
    errors: 1,
  });
});

test('of several instances the last to be spared counts, and none if one never was', () => {
  const early = findingOf(triedFirst(1_100), spared(1_200), first(6_500));
  const late = findingOf(triedFirst(1_100), spared(1_900), first(6_100));
  const never = findingOf(triedFirst(1_100), triedFirst(1_200));
  expect(together('all', 'killed', [early, late])).toMatchObject({
    requests: 4,
    sparedAfterMs: 900,
    backAfterMs: 500,
    triedBefore: 2,
  });
  expect(together('all', 'killed', [early, never])).toMatchObject({ sparedAfterMs: null, backAfterMs: null });
});
