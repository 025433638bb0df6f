/** Each wait has an end and a name of its own; what is given up is closed, and no clock runs on. */
import { once } from 'node:events';
import { globalAgent, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { timeoutsOf } from '../../../shared/providers/timeouts.ts';
import {
  answer,
  completion,
  refusal,
  type Script,
  type ScriptedProvider,
  scriptedProvider,
  spoken,
  stream,
} from '../../support/scripted-provider.ts';
import { asking, providerAt, read, watchClocks } from './asking.ts';

let upstream: ScriptedProvider;
/** Takes connections and never says a word. */
let mute: Server;
beforeAll(async () => {
  upstream = await scriptedProvider();
  mute = createServer(() => {}).listen(0, '127.0.0.1');
  await once(mute, 'listening');
});
afterAll(async () => {
  mute.close();
  await upstream.stop();
});

const short = 60;
const [head = '', ...rest] = spoken(['Hello', ' there']);

/** Answers as told, and resolves when the other side has closed the connection before the answer was complete. */
const closedEarly = (script: (response: ServerResponse) => void) => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  upstream.script = (response) => {
    response.on('close', () => resolve(!response.writableFinished));
    script(response);
  };
  return promise;
};

const streamHeaders = { 'content-type': 'text/event-stream' };
const never: Script = () => {};

describe('a provider that is slow', () => {
  test('to take a connection is given up as that', async () => {
    const { port } = mute.address() as AddressInfo;
    const provider = providerAt(`https://127.0.0.1:${port}/v1`, { connectMs: short });
    const socket = once(mute, 'connection');
    await expect(provider.whole(asking())).rejects.toMatchObject({ why: 'upstream_connect_timeout' });
    const [accepted] = await socket;
    accepted.resume();
    await once(accepted, 'close');
  });

  test('to begin a stream is given up as that: it has answered nothing', async () => {
    const closed = closedEarly(() => {});
    const provider = providerAt(upstream.baseURL, { firstChunkMs: short, idleMs: 5_000 });
    await expect(provider.stream(asking())).rejects.toMatchObject({ why: 'upstream_first_chunk_timeout' });
    expect(await closed).toBe(true);
  });

  test('to begin a stream is given up as that: it has sent headers alone, and silence has its own limit later', async () => {
    const closed = closedEarly((response) => response.writeHead(200, streamHeaders).flushHeaders());
    const provider = providerAt(upstream.baseURL, { firstChunkMs: 200, idleMs: short });
    await expect(provider.stream(asking())).rejects.toMatchObject({ why: 'upstream_first_chunk_timeout' });
    expect(await closed).toBe(true);
  });

  test('in the midst of a stream is given up as that, after what it has said', async () => {
    const closed = closedEarly((response) => response.writeHead(200, streamHeaders).write(head));
    const provider = providerAt(upstream.baseURL, { idleMs: short, firstChunkMs: 5_000 });
    const { chunks } = await provider.stream(asking());
    const iterator = chunks[Symbol.asyncIterator]();
    expect(Buffer.from((await iterator.next()).value ?? '').toString()).toBe(head);
    await expect(iterator.next()).rejects.toMatchObject({ why: 'upstream_idle_timeout' });
    expect(await closed).toBe(true);
  });

  test('in the midst of a whole answer is given up as that', async () => {
    const closed = closedEarly((response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"choices":'),
    );
    const provider = providerAt(upstream.baseURL, { idleMs: short });
    await expect(provider.whole(asking())).rejects.toMatchObject({ why: 'upstream_idle_timeout' });
    expect(await closed).toBe(true);
  });

  test.each(['whole', 'stream'] as const)('in all is given up as that: %s', async (kind) => {
    const closed = closedEarly(() => {});
    const provider = providerAt(upstream.baseURL, { totalMs: short });
    await expect(provider[kind](asking())).rejects.toMatchObject({ why: 'upstream_timeout' });
    expect(await closed).toBe(true);
  });

  test('in all is given up as that, however steadily it speaks', async () => {
    upstream.script = stream(
      Array.from({ length: 20 }, () => head),
      { pauseMs: 20 },
    );
    const provider = providerAt(upstream.baseURL, { totalMs: 150, idleMs: 5_000 });
    const { chunks } = await provider.stream(asking());
    await expect(read(chunks)).rejects.toMatchObject({ why: 'upstream_timeout' });
  });
});

test('a provider that falls silent behind a slow reader is found silent once that has caught up', async () => {
  upstream.script = async (response) => {
    response.writeHead(200, streamHeaders).write(head);
    await sleep(short / 2);
    response.write(head);
  };
  const { chunks } = await providerAt(upstream.baseURL, { idleMs: 2 * short }).stream(asking());
  const iterator = chunks[Symbol.asyncIterator]();
  await iterator.next();
  await sleep(5 * short);
  expect((await iterator.next()).done).toBe(false);
  await expect(iterator.next()).rejects.toMatchObject({ why: 'upstream_idle_timeout' });
});

describe('a provider that is not slow', () => {
  test('is heard before the clock by a process that was busy for too long', async () => {
    const { promise: isRead, resolve: letOn } = Promise.withResolvers<void>();
    upstream.script = async (response) => {
      response.writeHead(200, streamHeaders).write(head);
      await isRead;
      response.write(rest.join(''));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4 * short);
      setImmediate(() => setImmediate(() => response.end('last')));
    };
    const { chunks } = await providerAt(upstream.baseURL, { idleMs: short }).stream(asking());
    const iterator = chunks[Symbol.asyncIterator]();
    await iterator.next();
    letOn();
    let said = '';
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) said += Buffer.from(next.value);
    expect(said).toBe(`${rest.join('')}last`);
  });

  test('finds each call on a connection as the one before found it', async () => {
    upstream.script = answer(completion('Hello'));
    const { host } = new URL(upstream.baseURL);
    const kept = () => globalAgent.freeSockets[`${host}:`] ?? [];
    for (const socket of kept()) socket.destroy();
    const provider = providerAt(upstream.baseURL);
    const listeners: number[] = [];
    for (let call = 0; call < 3; call++) {
      await provider.whole(asking());
      await sleep(10);
      expect(kept()).toHaveLength(1);
      listeners.push(...kept().map((socket) => socket.listenerCount('timeout')));
    }
    expect(new Set(listeners).size).toBe(1);
  });

  test('may think about a whole answer for longer than any wait but the last', async () => {
    upstream.script = async (response, asked) => {
      await sleep(250);
      return answer(completion('Hello'))(response, asked);
    };
    const provider = providerAt(upstream.baseURL, { connectMs: short, firstChunkMs: short, idleMs: short });
    expect((await provider.whole(asking())).text).toContain('Hello');
  });

  test('may take longer than to its first bytes for the rest', async () => {
    upstream.script = stream([head, ...rest], { pauseMs: 100 });
    const provider = providerAt(upstream.baseURL, { firstChunkMs: 300 });
    expect(await read((await provider.stream(asking())).chunks)).toBe([head, ...rest].join(''));
  });

  test('is not silent while it sends comments', async () => {
    const comments = Array.from({ length: 8 }, () => ': working\n\n');
    upstream.script = stream([head, ...comments, ...rest], { pauseMs: 100 });
    const provider = providerAt(upstream.baseURL, { idleMs: 500 });
    expect(await read((await provider.stream(asking())).chunks)).toContain('[DONE]');
  });

  test('is not silent while its words wait for a slow reader', async () => {
    const words = Array.from({ length: 64 }, () => head.padEnd(64 * 1024, ' '));
    upstream.script = stream(words);
    const provider = providerAt(upstream.baseURL, { idleMs: short });
    const iterator = (await provider.stream(asking())).chunks[Symbol.asyncIterator]();
    let bytes = 0;
    for (let read = await iterator.next(); !read.done; read = await iterator.next()) {
      if (bytes === 0) await sleep(4 * short);
      bytes += read.value.byteLength;
    }
    expect(bytes).toBe(words.join('').length);
  });

  test('leaves a connection that the next call uses, without the limits of the last', async () => {
    upstream.script = answer(completion('Hello'));
    await providerAt(upstream.baseURL, { idleMs: short }).whole(asking());
    upstream.script = async (response, asked) => {
      await sleep(4 * short);
      return answer(completion('again'))(response, asked);
    };
    expect((await providerAt(upstream.baseURL).whole(asking())).text).toContain('again');
  });
});

describe('no clock runs on', () => {
  const patient = { connectMs: 800_000, firstChunkMs: 800_000, idleMs: 800_000, totalMs: 800_000 };

  const ends: [string, Script, (provider: ReturnType<typeof providerAt>) => Promise<unknown>][] = [
    ['a whole answer', answer(completion('Hello')), (provider) => provider.whole(asking())],
    ['a stream', stream(spoken(['Hello'])), async (provider) => read((await provider.stream(asking())).chunks)],
    [
      'a refusal',
      refusal(400, { message: 'no' }),
      (provider) => provider.stream(asking()).catch((error: unknown) => error),
    ],
    [
      'a failure',
      (response) => void response.destroy(),
      (provider) => provider.whole(asking()).catch((error: unknown) => error),
    ],
    [
      'a stream that was cut',
      stream([head], { thenCut: true }),
      async (provider) => read((await provider.stream(asking())).chunks).catch((error: unknown) => error),
    ],
    [
      'a call that its caller gave up',
      never,
      async (provider) => {
        const controller = new AbortController();
        const call = provider.whole(asking({}, controller.signal)).catch((error: unknown) => error);
        await sleep(20);
        controller.abort();
        return call;
      },
    ],
    [
      'a call that was given up before it was made',
      never,
      (provider) => provider.stream(asking({}, AbortSignal.abort())).catch((error: unknown) => error),
    ],
    [
      'a stream that was left in the midst',
      stream([head, ...rest], { pauseMs: 20 }),
      async (provider) => {
        for await (const _ of (await provider.stream(asking())).chunks) break;
      },
    ],
    [
      'a stream that was left before it was read from',
      stream([head, ...rest], { pauseMs: 20 }),
      async (provider) => (await provider.stream(asking())).chunks[Symbol.asyncIterator]().return?.(),
    ],
    [
      'a stream that was cancelled',
      stream([head, ...rest], { pauseMs: 20 }),
      async (provider) => (await provider.stream(asking())).cancel(),
    ],
  ];

  test.each(ends)('after %s', async (_, script, call) => {
    const provider = providerAt(upstream.baseURL, patient);
    upstream.script = script;
    const clocks = watchClocks(700_000);
    await call(provider);
    await sleep(20);
    clocks.stop();
    expect(clocks.running()).toBe(0);
  });
});

test('while it waits, the clocks run', async () => {
  const clocks = watchClocks(700_000);
  upstream.script = never;
  const controller = new AbortController();
  const call = providerAt(upstream.baseURL, { totalMs: 800_000, firstChunkMs: 800_000 }).stream(
    asking({}, controller.signal),
  );
  await sleep(20);
  expect(clocks.running()).toBeGreaterThanOrEqual(2);
  controller.abort();
  await expect(call).rejects.toMatchObject({ why: 'upstream_timeout' });
  clocks.stop();
  expect(clocks.running()).toBe(0);
});

test('what was given up by its caller is a timeout, and the connection is closed', async () => {
  const controller = new AbortController();
  const closed = closedEarly(() => controller.abort());
  await expect(providerAt(upstream.baseURL).whole(asking({}, controller.signal))).rejects.toMatchObject({
    why: 'upstream_timeout',
  });
  expect(await closed).toBe(true);
});

test('what is not set has a default', () => {
  expect(timeoutsOf({})).toEqual({ connectMs: 5_000, firstChunkMs: 120_000, idleMs: 120_000, totalMs: 600_000 });
  expect(timeoutsOf({ timeouts: { idleMs: 1 } })).toMatchObject({ idleMs: 1, totalMs: 600_000 });
});
