import { createCallsUnderWay, joinableMs, maxCalls } from '../../../shared/repetitions/calls-under-way.ts';

const there = () => false;
const gone = () => true;
const answer = { status: 200, headers: {}, body: 'answer' };

let nowMs: number;
const calls = () => {
  nowMs = 0;
  return createCallsUnderWay(() => nowMs);
};

describe('a call whose caller has left', () => {
  test('is joined while it is under way, and its answer given', async () => {
    const all = calls();
    const first = all.begin('a', gone);
    const joined = all.join('a', there);
    expect(joined?.isUnderWay()).toBe(true);
    first?.ended(answer);
    expect(joined?.isUnderWay()).toBe(false);
    expect(await joined?.answer).toEqual(answer);
  });

  test('can be joined for some seconds after it has ended, and no longer', async () => {
    const all = calls();
    all.begin('a', gone)?.ended(answer);
    nowMs += joinableMs - 1;
    expect(await all.join('a', gone)?.answer).toEqual(answer);
    nowMs += 1;
    expect(all.join('a', there)).toBeUndefined();
  });

  test('holds on to nobody who has left once it has ended: asking after them would keep their whole request', () => {
    const all = calls();
    let asked = 0;
    const left = () => {
      asked += 1;
      return true;
    };
    all.begin('a', left)?.ended(answer);
    asked = 0;
    expect(all.join('a', there)).toBeDefined();
    expect(asked).toBe(0);
  });

  test('is forgotten once somebody was given the answer', () => {
    const all = calls();
    all.begin('a', gone)?.ended(answer);
    all.join('a', there)?.served();
    expect(all.join('a', there)).toBeUndefined();
  });

  test('can be joined again where whoever joined has left, too', async () => {
    const all = calls();
    all.begin('a', gone)?.ended(answer);
    all.join('a', gone)?.served();
    expect(await all.join('a', there)?.answer).toEqual(answer);
  });

  test('is joined by one at a time', () => {
    const all = calls();
    all.begin('a', gone);
    expect(all.join('a', there)).toBeDefined();
    expect(all.join('a', there)).toBeUndefined();
  });

  test('is forgotten where nothing came of it, and whoever waits is told', async () => {
    const all = calls();
    const first = all.begin('a', gone);
    const joined = all.join('a', there);
    first?.ended(null);
    expect(await joined?.answer).toBeNull();
    expect(all.join('a', there)).toBeUndefined();
  });
});

describe('a call whose caller is there', () => {
  test('is joined by nobody: the same twice is two calls', () => {
    const all = calls();
    const first = all.begin('a', there);
    expect(all.join('a', there)).toBeUndefined();
    first?.ended(answer);
    expect(all.join('a', there)).toBeUndefined();
  });

  test('takes nothing from a later one of the same name', () => {
    const all = calls();
    const first = all.begin('a', there);
    all.begin('a', gone);
    first?.ended(answer);
    expect(all.join('a', there)?.isUnderWay()).toBe(true);
  });
});

test('one of another name is another', () => {
  const all = calls();
  all.begin('a', gone);
  expect(all.join('b', there)).toBeUndefined();
});

describe('so many calls are remembered (I11)', () => {
  const fill = (all: ReturnType<typeof calls>) =>
    Array.from({ length: maxCalls }, (_, index) => all.begin(`${index}`, gone));

  test('and one more is not, as long as they are under way', () => {
    const all = calls();
    const first = fill(all)[0];
    expect(all.begin('more', gone)).toBeUndefined();
    expect(all.join('more', there)).toBeUndefined();
    first?.ended(null);
    expect(all.begin('more', gone)).toBeDefined();
  });

  test('and one that has ended gives way', () => {
    const all = calls();
    const [first, second] = fill(all);
    first?.ended(answer);
    second?.ended(answer);
    expect(all.begin('more', gone)).toBeDefined();
    expect([all.join('0', there), all.join('1', there)]).toEqual([undefined, expect.anything()]);
  });

  test('and all whose time is over give way at once', () => {
    const all = calls();
    for (const one of fill(all)) one?.ended(answer);
    nowMs += joinableMs;
    expect(all.begin('more', gone)).toBeDefined();
    nowMs -= joinableMs;
    expect(all.join('255', there)).toBeUndefined();
  });
});
