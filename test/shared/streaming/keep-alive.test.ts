import { keptAlive } from '../../../shared/streaming/keep-alive.ts';

/** A clock that stands until it is told to go on, and whoever waits for it. */
function clock() {
  let nowMs = 0;
  let waiting: { untilMs: number; wake: () => void }[] = [];
  const started = { pauses: 0 };
  return {
    started,
    waits: () => waiting.length,
    now: () => nowMs,
    pause: (ms: number, signal: AbortSignal) => {
      started.pauses += 1;
      return new Promise<void>((resolve) => {
        const wait = { untilMs: nowMs + ms, wake: resolve };
        waiting.push(wait);
        signal.addEventListener('abort', () => {
          waiting = waiting.filter((other) => other !== wait);
          resolve();
        });
      });
    },
    async pass(ms: number): Promise<void> {
      nowMs += ms;
      const due = waiting.filter(({ untilMs }) => untilMs <= nowMs);
      waiting = waiting.filter((wait) => !due.includes(wait));
      for (const { wake } of due) wake();
      await settled();
    },
  };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Chunks as a test hands them out. */
function source() {
  let give: (result: IteratorResult<Uint8Array>) => void = () => {};
  let fail: (error: Error) => void = () => {};
  let returned = false;
  return {
    wasLeft: () => returned,
    say: async (text: string) => {
      give({ done: false, value: Buffer.from(text) });
      await settled();
    },
    end: async () => {
      give({ done: true, value: undefined });
      await settled();
    },
    fail: async (error: Error) => {
      fail(error);
      await settled();
    },
    chunks: {
      [Symbol.asyncIterator]: (): AsyncIterator<Uint8Array> => ({
        next: () =>
          new Promise((resolve, reject) => {
            give = resolve;
            fail = reject;
          }),
        return: async () => {
          returned = true;
          return { done: true, value: undefined };
        },
      }),
    },
  };
}

const comment = ': keep-alive\n\n';
const everyMs = 15_000;

function reading(chunks: AsyncIterable<Uint8Array>) {
  const seen: string[] = [];
  const ended = (async () => {
    for await (const chunk of chunks) seen.push(Buffer.from(chunk).toString());
  })();
  return { seen, ended };
}

test('a stream that is silent for long gets a comment, and another when it stays so', async () => {
  const [time, provider] = [clock(), source()];
  const { seen, ended } = reading(keptAlive(provider.chunks, { everyMs, ...time }));
  await provider.say('a');
  await time.pass(14_999);
  expect(seen).toEqual(['a']);
  await time.pass(1);
  expect(seen).toEqual(['a', comment]);
  await time.pass(14_999);
  await time.pass(1);
  expect(seen).toEqual(['a', comment, comment]);
  await provider.say('b');
  expect(seen).toEqual(['a', comment, comment, 'b']);
  await provider.end();
  await ended;
  expect(seen).toEqual(['a', comment, comment, 'b']);
});

test('silence is counted from the last chunk, and comments come no more often than they should', async () => {
  const [time, provider] = [clock(), source()];
  const { seen } = reading(keptAlive(provider.chunks, { everyMs, ...time }));
  await provider.say('a');
  await time.pass(10_000);
  await provider.say('b');
  await time.pass(5_000);
  await time.pass(9_999);
  expect(seen).toEqual(['a', 'b']);
  await time.pass(1);
  expect(seen).toEqual(['a', 'b', comment]);
});

test('a stream that speaks gets none, and has one clock however many chunks it has', async () => {
  const [time, provider] = [clock(), source()];
  const { seen } = reading(keptAlive(provider.chunks, { everyMs, ...time }));
  for (let index = 0; index < 100; index++) {
    await provider.say('x');
    await time.pass(1_000);
  }
  expect(seen).toHaveLength(100);
  expect(time.started.pauses).toBeLessThan(10);
});

test('nothing is said to a reader who is still busy with the last chunk', async () => {
  const [time, provider] = [clock(), source()];
  const reader = keptAlive(provider.chunks, { everyMs, ...time })[Symbol.asyncIterator]();
  const first = reader.next();
  await provider.say('a');
  expect((await first).value?.toString()).toBe('a');
  await time.pass(60_000);
  const second = reader.next();
  await provider.say('b');
  expect((await second).value?.toString()).toBe('b');
});

test('a chunk that comes after a comment is not lost and comes once', async () => {
  const [time, provider] = [clock(), source()];
  const { seen, ended } = reading(keptAlive(provider.chunks, { everyMs, ...time }));
  await provider.say('a');
  for (let minute = 0; minute < 4; minute++) await time.pass(everyMs);
  await provider.say('b');
  await provider.say('c');
  await provider.end();
  await ended;
  expect(seen.filter((chunk) => chunk !== comment)).toEqual(['a', 'b', 'c']);
});

test('a chunk that comes while the reader is busy with a comment is the next it gets', async () => {
  const [time, provider] = [clock(), source()];
  const reader = keptAlive(provider.chunks, { everyMs, ...time })[Symbol.asyncIterator]();
  const first = reader.next();
  await time.pass(everyMs);
  expect((await first).value?.toString()).toBe(comment);
  await provider.say('a');
  const second = reader.next();
  await settled();
  await provider.say('b');
  expect((await second).value?.toString()).toBe('a');
  const third = reader.next();
  await settled();
  await provider.say('b');
  expect((await third).value?.toString()).toBe('b');
});

test('a failure that comes while the reader is busy with a comment is thrown at the next', async () => {
  const [time, provider] = [clock(), source()];
  const reader = keptAlive(provider.chunks, { everyMs, ...time })[Symbol.asyncIterator]();
  const first = reader.next();
  await time.pass(everyMs);
  await first;
  await provider.fail(new Error('broken'));
  await expect(reader.next()).rejects.toThrow('broken');
  expect(time.waits()).toBe(0);
});

describe('no clock runs on', () => {
  test('after the end', async () => {
    const [time, provider] = [clock(), source()];
    const { ended } = reading(keptAlive(provider.chunks, { everyMs, ...time }));
    await provider.say('a');
    expect(time.waits()).toBe(1);
    await provider.end();
    await ended;
    expect(time.waits()).toBe(0);
  });

  test('after a failure, which is thrown as it is', async () => {
    const [time, provider] = [clock(), source()];
    const { ended } = reading(keptAlive(provider.chunks, { everyMs, ...time }));
    const failed = expect(ended).rejects.toThrow('reset');
    await time.pass(everyMs);
    await provider.fail(new Error('reset'));
    await failed;
    expect(time.waits()).toBe(0);
  });

  test('after the reader has left, and the source is let go', async () => {
    const [time, provider] = [clock(), source()];
    const reader = keptAlive(provider.chunks, { everyMs, ...time })[Symbol.asyncIterator]();
    void reader.next();
    await provider.say('a');
    await reader.return?.();
    expect([time.waits(), provider.wasLeft()]).toEqual([0, true]);
  });
});
