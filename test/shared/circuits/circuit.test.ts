import fc from 'fast-check';
import {
  afterProbe,
  type Circuit,
  closed,
  isEnough,
  isWithinWindow,
  laterOf,
  mostSuccesses,
  opened,
  probed,
  standing,
  type TrippedCircuit,
  untouched,
} from '../../../shared/circuits/circuit.ts';
import type { Verdict } from '../../../shared/circuits/verdict.ts';
import type { CircuitSettings } from '../../../shared/resilience/settings.ts';
import { usual } from './instances.ts';

const open = (retryAtMs: number, generation = 1): TrippedCircuit => ({
  state: 'open',
  generation,
  reason: 'upstream_error',
  failures: 5,
  openedAtMs: 0,
  retryAtMs,
});
const halfOpen = (retryAtMs: number, generation = 2): TrippedCircuit => ({
  ...open(retryAtMs, generation),
  state: 'half_open',
});

describe('what a call may do', () => {
  test.each<[string, Circuit, number, ReturnType<typeof standing>]>([
    ['closed: go', closed(), 5_000, { may: 'go' }],
    ['rate limited: wait', closed(3, 6_000), 5_999, { may: 'wait', ms: 1 }],
    ['no longer rate limited: go', closed(3, 6_000), 6_000, { may: 'go' }],
    ['open: wait', open(60_000), 59_999, { may: 'wait', ms: 1 }],
    ['cooled down: try', open(60_000), 60_000, { may: 'probe', circuit: open(60_000) }],
    ['while another tries: wait', halfOpen(90_000), 60_001, { may: 'wait', ms: 29_999 }],
    ['when that one is not heard of: try', halfOpen(90_000), 90_000, { may: 'probe', circuit: halfOpen(90_000) }],
  ])('%s', (_, circuit, nowMs, expected) => {
    expect(standing(circuit, nowMs)).toEqual(expected);
  });
});

describe('enough failures', () => {
  test.each([
    [4, 0, false],
    [5, 0, true],
    [5, 5, true],
    [5, 6, false],
    [6, 6, true],
    [500, 501, false],
  ])('%i beside %i successes: %s', (failures, successes, expected) => {
    expect(isEnough({ failures, successes }, usual)).toBe(expected);
  });

  test('a share of 1 asks for failures only', () => {
    expect(isEnough({ failures: 5, successes: 1 }, { ...usual, failureShare: 1 })).toBe(false);
    expect(isEnough({ failures: 5, successes: 0 }, { ...usual, failureShare: 1 })).toBe(true);
  });

  test.each([
    [0.5, 5],
    [0.2, 20],
    [0.75, 1],
    [1, 1],
  ])('where %d of the calls must fail, a failure is weighed against %i successes at the most', (failureShare, most) => {
    expect(mostSuccesses({ ...usual, failureShare })).toBe(most);
  });

  const asked = fc.record({ failures: fc.integer({ min: 2, max: 200 }), percent: fc.integer({ min: 1, max: 50 }) });
  const always = (holds: (settings: CircuitSettings) => boolean) =>
    fc.assert(
      fc.property(asked, ({ failures, percent }) => holds({ ...usual, failures, failureShare: percent / 100 })),
    );

  test('in a row are enough, however good the times before', () => {
    always((its) => isEnough({ failures: its.failures, successes: mostSuccesses(its) }, its));
  });

  test('are never there where each has as many successes before it', () => {
    always((its) => !isEnough({ failures: its.failures, successes: its.failures * mostSuccesses(its) }, its));
  });

  test('within a window that has begun less than a minute ago', () => {
    const counting = { ...closed(), windowStartedAtMs: 10_000 };
    expect(isWithinWindow(counting, 69_999, usual)).toBe(true);
    expect(isWithinWindow(counting, 70_000, usual)).toBe(false);
  });
});

describe('what comes next', () => {
  test('opening it: left alone for a minute', () => {
    expect(opened(closed(4), 'upstream_timeout', 7, 1_000, usual)).toEqual({
      state: 'open',
      generation: 5,
      reason: 'upstream_timeout',
      failures: 7,
      openedAtMs: 1_000,
      retryAtMs: 61_000,
    });
  });

  test('trying it: a lease of half a minute', () => {
    expect(probed(open(60_000, 5), 60_500, usual)).toEqual({ ...open(90_500, 6), state: 'half_open' });
  });

  test.each<[Verdict, Circuit]>([
    [{ is: 'well' }, closed(3)],
    [{ is: 'busy', untilMs: 77_000 }, closed(3, 77_000)],
    [{ is: 'unknown' }, open(70_000, 3)],
    [
      { is: 'ill', why: 'upstream_timeout' },
      { ...open(130_000, 3), reason: 'upstream_timeout', failures: 6, openedAtMs: 70_000 },
    ],
  ])('after a probe that ended %j', (verdict, expected) => {
    expect(afterProbe(halfOpen(90_000, 2), verdict, 70_000, usual)).toEqual(expected);
  });
});

test.each<[string, Circuit, Circuit]>([
  ['a later generation', open(5_000, 3), halfOpen(90_000, 2)],
  ['of the same generation, the lease that was renewed', halfOpen(90_000), halfOpen(60_000)],
  ['of the same generation, the longer rate limit', closed(1, 5_000), closed(1)],
  ['anything, over nothing', closed(1), untouched],
])('of two views it is believed: %s', (_, later, earlier) => {
  expect(laterOf(later, earlier)).toBe(later);
  expect(laterOf(earlier, later)).toBe(later);
});

test('of two views of which nobody can tell, the second is believed', () => {
  const [one, other] = [closed(1), closed(1)];
  expect(laterOf(one, other)).toBe(other);
});
