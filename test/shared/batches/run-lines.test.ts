import { runLines, type Verdict } from '../../../shared/batches/run-lines.ts';

/** Lines that are answered when they are told to, by a clock that moves when it is waited for. */
function scene(ask: (line: number, nowMs: number) => Verdict | Promise<Verdict>) {
  const asked: number[] = [];
  let nowMs = 0;
  let underWay = 0;
  let most = 0;
  const running = {
    atOnce: 4,
    isProbe: false,
    groupOf: () => 'model',
    halted: () => false,
    stopped: new AbortController().signal,
    now: () => nowMs,
    pause: async (ms: number) => {
      nowMs += ms;
    },
    ask: async (line: number): Promise<Verdict> => {
      asked.push(line);
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return ask(line, nowMs);
    },
  };
  return { running, asked, most: () => most, nowMs: () => nowMs };
}
const lines = (count: number) => Array.from({ length: count }, (_, i) => i);

test('no more of them than may be are under way at the same time, and each is asked once', async () => {
  const { running, asked, most } = scene(() => 'answered');
  expect(await runLines(lines(20), running)).toBeUndefined();
  expect(asked).toEqual(lines(20));
  expect(most()).toBe(4);
});

test('a probe begins with one, and with more once that is answered', async () => {
  const { running, most, asked } = scene((line) => (line === 0 ? { retryAfterMs: 60_000 } : 'answered'));
  expect(await runLines(lines(20), { ...running, isProbe: true })).toBe(60_000);
  expect([asked, most()]).toEqual([[0], 1]);
});

test('what is refused for a moment is asked again after it, and nothing is lost', async () => {
  let free = 3;
  let filledAtMs = 0;
  const limited = scene((_line, nowMs) => {
    if (nowMs > filledAtMs) [free, filledAtMs] = [3, nowMs];
    if (free === 0) return { retryAfterMs: 1_000 };
    free -= 1;
    return 'answered';
  });
  expect(await runLines(lines(12), limited.running)).toBeUndefined();
  expect(new Set(limited.asked)).toEqual(new Set(lines(12)));
  expect(limited.nowMs()).toBeGreaterThanOrEqual(3_000);
  // Of each second's refusals there are few: after the first ones are left, the others do not begin.
  expect(limited.asked.length).toBeLessThan(30);
});

test('a long wait ends it once all is back that is under way, and says how long', async () => {
  const { running, asked } = scene((line) => (line === 1 ? { retryAfterMs: 30_000 } : 'answered'));
  expect(await runLines(lines(20), running)).toBe(30_000);
  expect(asked.length).toBeLessThanOrEqual(5);
});

test('those that wait do not hold up others, for whom nobody has to wait then', async () => {
  const { running, asked } = scene((line) => (line % 2 === 0 ? { retryAfterMs: 60_000 } : 'answered'));
  const groupOf = (line: number) => (line % 2 === 0 ? 'down' : 'up');
  expect(await runLines(lines(20), { ...running, isProbe: true, groupOf })).toBeUndefined();
  expect(asked.toSorted((a, b) => a - b)).toEqual([0, ...lines(20).filter((line) => line % 2 === 1)]);
});

test('where each of them has to wait, each is asked for once, and the longest wait is told', async () => {
  const { running, asked } = scene((line) => ({ retryAfterMs: 60_000 + (line % 3) }));
  const groupOf = (line: number) => `model ${line % 3}`;
  expect(await runLines(lines(20), { ...running, isProbe: true, groupOf })).toBe(60_002);
  expect(asked).toEqual([0, 1, 2]);
});

test('refusals that say nothing of when are not asked again and again', async () => {
  const { running, asked } = scene(() => ({ retryAfterMs: 0 }));
  expect(await runLines(lines(20), running)).toBe(0);
  expect(asked.length).toBeLessThan(20);
});

test('what throws is thrown when nothing is under way any more', async () => {
  let ended = 0;
  const { running } = scene((line) => {
    ended += 1;
    if (line === 0) throw new Error('store');
    return 'answered';
  });
  await expect(runLines(lines(20), running)).rejects.toThrow('store');
  expect(ended).toBeLessThanOrEqual(5);
});

test('halted, it begins no further line', async () => {
  const { running, asked } = scene(() => 'answered');
  expect(await runLines(lines(20), { ...running, halted: () => asked.length >= 6 })).toBeUndefined();
  expect(asked.length).toBe(6);
});
