import { type Circuit, closed, opened, untouched } from '../../../shared/circuits/circuit.ts';
import { knownCircuits } from '../../../shared/circuits/known-circuits.ts';
import { usual } from './instances.ts';

const startMs = Date.parse('2026-11-22T10:00:00Z');
const open = opened(untouched, 'upstream_error', 5, startMs, usual);

/** The store shows `shown`, once it is let answer. */
function watching() {
  const clock = { nowMs: startMs };
  const shown = new Map<string, Circuit>();
  const seen = { looks: 0 };
  let gate: Promise<void> = Promise.resolve();
  const known = knownCircuits({
    store: {
      async all() {
        seen.looks += 1;
        const now = new Map(shown);
        await gate;
        return now;
      },
    },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    now: () => clock.nowMs,
    patienceMs: 20,
  });
  const hold = (): (() => void) => {
    let release = () => {};
    gate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  };
  return { known, clock, shown, seen, hold };
}

test('nothing is known of what nobody has had anything to say of', () => {
  expect(watching().known.get('a')).toBe(untouched);
});

test('what a look shows is known until a later one shows otherwise', async () => {
  const { known, clock, shown } = watching();
  shown.set('a', open);
  await known.look();
  expect(known.get('a')).toEqual(open);
  shown.set('a', closed(2));
  await known.look();
  expect(known.get('a')).toEqual(open);
  clock.nowMs += 1_000;
  await known.look();
  expect(known.get('a')).toEqual(closed(2));
});

test('a clock that is set back does not keep looks from being made', async () => {
  const { known, clock, shown } = watching();
  await known.look();
  clock.nowMs -= 3_600_000;
  shown.set('a', open);
  await known.look();
  expect(known.get('a')).toEqual(open);
});

test('a look that shows what was before a write does not undo it', async () => {
  const { known, clock } = watching();
  known.learn('a', open);
  clock.nowMs += 1_000;
  await known.look();
  expect(known.get('a')).toEqual(open);
});

test('nor does one that was begun before the write and answered after it', async () => {
  const { known, clock, shown, hold } = watching();
  const release = hold();
  shown.set('a', closed(1));
  const looking = known.look();
  clock.nowMs += 10;
  known.learn('a', { ...open, generation: 2 });
  release();
  await looking;
  expect(known.get('a')).toMatchObject({ state: 'open', generation: 2 });
});

test('a write that was told of an earlier state does not undo a later one', () => {
  const { known } = watching();
  known.learn('a', closed(2));
  known.learn('a', open);
  expect(known.get('a')).toEqual(closed(2));
});

test('once a write is long past, looks are believed, even of a circuit that has begun anew', async () => {
  const { known, clock, shown } = watching();
  known.learn('a', closed(7));
  known.learn('b', closed(7));
  shown.set('a', open);
  clock.nowMs += 5_000;
  await known.look();
  expect(known.get('a')).toEqual(open);
  expect(known.get('b')).toBe(untouched);
});

test('a look that is not answered keeps nobody waiting, and no other begins before it has ended', async () => {
  const { known, clock, shown, seen, hold } = watching();
  shown.set('a', open);
  const release = hold();
  for (let second = 0; second < 5; second++) {
    await known.look();
    clock.nowMs += 1_000;
  }
  expect(known.get('a')).toBe(untouched);
  expect(seen.looks).toBe(1);
  release();
  while (known.get('a') === untouched) await new Promise(setImmediate);
  await known.look();
  expect(seen.looks).toBe(2);
});
