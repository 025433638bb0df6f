import fc from 'fast-check';
import { type ErrorCause, GatewayError } from '../../../shared/errors.ts';
import { candidates, type Failed } from '../../../shared/routing/next-attempt.ts';

const [a, b, sameProvider] = [
  { provider: 'one', model: 'a' },
  { provider: 'two', model: 'b' },
  { provider: 'one', model: 'c' },
];
type Target = typeof a;
const all = [a, b, sameProvider];

const failed = (target: Target, why: ErrorCause = 'upstream_error', headers = {}): Failed<Target> => ({
  target,
  error: new GatewayError(why, { headers }),
});

const retry = { baseDelayMs: 100, maxDelayMs: 1_000 };
const situation = { nowMs: 0, deadlineMs: 60_000, random: () => 0.5, retry };
const leftAfter = (...failures: Failed<Target>[]) => candidates(all, failures, situation);
const targets = (found: readonly { readonly target: Target }[]) => found.map(({ target }) => target);

describe('who is asked next', () => {
  test('at first, all in their order and at once', () => {
    expect(leftAfter()).toEqual(all.map((target) => ({ target, again: false, waitMs: 0 })));
  });

  test('whoever has not been asked comes before whoever has', () => {
    expect(leftAfter(failed(a)).map(({ target, again }) => [target, again])).toEqual([
      [b, false],
      [sameProvider, false],
      [a, true],
    ]);
    expect(targets(leftAfter(failed(a), failed(b)))).toEqual([sameProvider, a, b]);
    expect(targets(leftAfter(failed(a), failed(a), failed(b), failed(sameProvider)))).toEqual([b, sameProvider, a]);
  });

  test.each<[ErrorCause, Target[]]>([
    ['upstream_error', [b, sameProvider, a]],
    ['upstream_connect_timeout', [b, sameProvider, a]],
    ['upstream_first_chunk_timeout', [b, sameProvider, a]],
    ['upstream_idle_timeout', [b, sameProvider, a]],
    // It has had all the time that it may have.
    ['upstream_timeout', [b, sameProvider]],
    // The credential is the provider's, whatever the model.
    ['upstream_auth', [b]],
  ])('after %s', (why, expected) => {
    expect(targets(leftAfter(failed(a, why)))).toEqual(expected);
  });

  test('of those asked equally often, whoever wants to be left alone for the shortest time', () => {
    const limited = failed(a, 'rate_limit_exceeded', { 'retry-after': '5' });
    expect(targets(leftAfter(limited, failed(b), failed(sameProvider)))).toEqual([b, sameProvider, a]);
  });

  test('where the error itself says that the same provider will not do, only others', () => {
    const error = new GatewayError('upstream_error', { recovery: 'elsewhere' });
    expect(targets(leftAfter({ target: a, error }))).toEqual([b, sameProvider]);
  });
});

describe('how long is waited', () => {
  const waitOf = (failures: Failed<Target>[], random: number, deadlineMs = 1e9) =>
    candidates([a], failures, { ...situation, deadlineMs, random: () => random })[0]?.waitMs;

  test.each([
    [1, 100],
    [2, 200],
    [3, 400],
    [4, 800],
    [5, 1_000],
    [9, 1_000],
  ])('after %i failures, anything up to %i ms', (times, upToMs) => {
    const failures = Array.from({ length: times }, () => failed(a));
    expect(waitOf(failures, 0)).toBe(0);
    expect(waitOf(failures, 0.5)).toBe(upToMs / 2);
    expect(waitOf(failures, 0.999_999)).toBe(upToMs);
  });

  test('at least what the provider asks for, and not all at the same moment', () => {
    const asked = [failed(a, 'rate_limit_exceeded', { 'retry-after': '3' })];
    expect(waitOf(asked, 0)).toBe(3_000);
    expect(waitOf(asked, 0.5)).toBe(3_050);
    expect(waitOf([failed(a, 'upstream_error', { 'retry-after-ms': '70' })], 0)).toBe(70);
  });

  test('not at all where the provider asks for long', () => {
    expect(waitOf([failed(a, 'upstream_error', { 'retry-after': '8' })], 0)).toBe(8_000);
    expect(waitOf([failed(a, 'upstream_error', { 'retry-after-ms': '8001' })], 0)).toBeUndefined();
  });

  test('not at all where it would be too late afterwards', () => {
    const asked = [failed(a, 'rate_limit_exceeded', { 'retry-after': '3' })];
    expect(waitOf(asked, 0, 3_001)).toBe(3_000);
    expect(waitOf(asked, 0, 3_000)).toBeUndefined();
  });

  test('never longer than is left, and never negative', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...all), { maxLength: 8 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.nat(5_000),
        (asked, random, deadlineMs) => {
          for (const { again, waitMs } of candidates(
            all,
            asked.map((target) => failed(target)),
            {
              ...situation,
              random: () => random,
              deadlineMs,
            },
          )) {
            expect(waitMs).toBeGreaterThanOrEqual(0);
            if (again) expect(waitMs).toBeLessThan(deadlineMs);
          }
        },
      ),
    );
  });
});
