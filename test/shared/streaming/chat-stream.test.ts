import fc from 'fast-check';
import { GatewayError } from '../../../shared/errors.ts';
import { openChatStream, type SeenChat } from '../../../shared/streaming/chat-stream.ts';
import { chunk, done, frame, spoken, usage, usageChunk } from '../../support/scripted-provider.ts';
import { anyCuts, cutAt, joined, pieces } from './pieces.ts';

type Relayed = { readonly text: string; readonly seen: Readonly<SeenChat> };

const open = (chunks: AsyncIterable<Uint8Array>, wantsUsage: boolean, choices = 1, cancel = () => {}) =>
  openChatStream({ chunks, cancel }, { wantsUsage, choices });

async function relayed(chunks: AsyncIterable<Uint8Array>, wantsUsage = true, choices = 1): Promise<Relayed> {
  const { bytes, seen } = await open(chunks, wantsUsage, choices);
  return { text: await joined(bytes), seen };
}

const says = (content: string) => frame(chunk({ content }));
const finish = frame(chunk({}, 'stop'));
const count = usage(10, 5, 4);
const counted = { input: 10, cachedInput: 4, cacheWrite: 0, output: 5, reasoning: 0 };
const errorFrame = (error: object) => `data: ${JSON.stringify({ error })}\n\n`;
const broken = errorFrame({
  message: 'The model provider failed to answer.',
  type: 'server_error',
  param: null,
  code: 'upstream_error',
});

/** Words that would be mistaken for the protocol if they were not text. */
const words = fc.string({
  unit: fc.constantFrom(
    'a',
    'é',
    '😀',
    ' ',
    '"',
    '\\',
    '\n',
    '"usage":{',
    '"error":{',
    '"finish_reason":"stop"',
    '[DONE]',
    'data: ',
    '\n\n',
  ),
  maxLength: 10,
});
const anyStream = fc
  .record({
    words: fc.array(words, { minLength: 1, maxLength: 6 }),
    ending: fc.constantFrom('\n', '\r\n', '\r'),
    comments: fc.boolean(),
    events: fc.boolean(),
    usage: fc.boolean(),
    spaced: fc.boolean(),
  })
  .map(({ words, ending, comments, events, usage: reported, spaced }) => {
    const written = (value: unknown) => {
      const data = spaced ? JSON.stringify(value, null, ' ').replaceAll('\n', '') : JSON.stringify(value);
      return `${events ? `event: message${ending}` : ''}data: ${data}${ending}${ending}`;
    };
    const chunks = [
      chunk({ role: 'assistant', content: '' }),
      ...words.map((content) => chunk({ content })),
      chunk({}, 'stop'),
    ];
    const said = chunks.map(written);
    const told = reported ? written(usageChunk(count)) : '';
    // After the first frame: a comment before it may go missing, since nothing is sent before there is an answer.
    const comment = comments ? `: keep-alive${ending}${ending}` : '';
    const [first = '', ...rest] = said;
    return { answer: [first, comment, ...rest].join(''), told, end: `data: [DONE]${ending}${ending}` };
  });

describe('a stream that goes well', () => {
  test('is relayed in the provider’s bytes, with its usage known and one end, wherever it was cut (I3)', async () => {
    await fc.assert(
      fc.asyncProperty(anyStream, anyCuts, async ({ answer, told, end }, cuts) => {
        const { text, seen } = await relayed(cutAt(Buffer.from(answer + told + end), cuts), true);
        expect(text).toBe(`${answer}${told}${done}`);
        expect(seen).toMatchObject({ usage: told ? counted : null, finished: 1, done: true, failure: null });
      }),
    );
  });

  test('loses its usage chunk, and nothing else, where the caller did not ask for it', async () => {
    await fc.assert(
      fc.asyncProperty(anyStream, anyCuts, async ({ answer, told, end }, cuts) => {
        const { text, seen } = await relayed(cutAt(Buffer.from(answer + told + end), cuts), false);
        expect(text).toBe(`${answer}${done}`);
        expect(seen.usage).toEqual(told ? counted : null);
      }),
    );
  });

  test('is the same, cut at every byte', async () => {
    const bytes = Buffer.from(spoken(['Grüße', ' 😀', '"usage":{"'], count).join(''));
    const every = Array.from({ length: bytes.length }, (_, index) => index);
    expect((await relayed(cutAt(bytes, every))).text).toBe(bytes.toString('utf8'));
    for (const cut of every) expect((await relayed(cutAt(bytes, [cut]))).text).toBe(bytes.toString('utf8'));
  });

  test.each([
    ['as providers leave it out', [says('a'), finish]],
    ['as providers forget its blank line', [says('a'), finish, 'data: [DONE]']],
    ['as providers repeat it', [says('a'), finish, done, done]],
    ['as providers talk on after it', [says('a'), finish, done, says('canary'), frame({ error: { message: 'x' } })]],
    ['in one piece with the rest', [says('a') + finish + done + says('canary')]],
    ['without the space', [says('a'), finish, 'data:[DONE]\n\n']],
  ])('has its end exactly once, at the end: %s', async (_, given) => {
    const { text, seen } = await relayed(pieces(...given));
    expect(text).toBe(`${says('a')}${finish}${done}`);
    expect(seen.failure).toBeNull();
  });

  test('takes its last usage for the one that counts, and zero for a count', async () => {
    const zero = usage(0, 0);
    const { seen } = await relayed(pieces(says('a'), frame(usageChunk(count)), frame(usageChunk(zero)), finish, done));
    expect(seen.usage).toEqual({ input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 });
  });

  test('keeps a chunk that says more than its usage, and one without choices that says none', async () => {
    const both = frame({ ...chunk({ content: 'b' }), usage: count });
    const filter = frame({ ...chunk({}), choices: [], prompt_filter_results: [] });
    for (const given of [[filter, both, finish, done], [filter + both + finish + done]]) {
      const { text, seen } = await relayed(pieces(...given), false);
      expect(text).toBe(filter + both + finish + done);
      expect(seen.usage).toEqual(counted);
    }
  });

  test.each([
    ['usage', says('she wrote "usage":{"prompt_tokens":99} and "usage": {')],
    ['an error', says('{"error":{"message":"canary"}}')],
    ['the end', says('data: [DONE]\n\n')],
  ])('is not misled by text about %s', async (_, misleading) => {
    const { text, seen } = await relayed(pieces(misleading, finish, done));
    expect(text).toBe(misleading + finish + done);
    expect(seen).toMatchObject({ usage: null, failure: null });
  });

  test('is not misled by the words of an end in text', async () => {
    const { text, seen } = await relayed(pieces(says('{"finish_reason":"stop"}')));
    expect(text).toBe(says('{"finish_reason":"stop"}') + broken);
    expect(seen.finished).toBe(0);
  });

  test('counts its data, for want of a usage', async () => {
    const { seen } = await relayed(pieces(says('a') + says('b'), says('c'), finish, done));
    expect(seen.frames).toBeGreaterThanOrEqual(4);
    expect(seen.frames).toBeLessThanOrEqual(5);
  });
});

describe('a failure before the first chunk is thrown, for a real status and the next target (I7)', () => {
  test.each<[string, (string | Error)[]]>([
    ['nothing at all', []],
    ['only comments', [': hello\n\n', ': still here\n\n']],
    ['only the end', [done]],
    ['only usage, for a caller who did not ask', [frame(usageChunk(count))]],
    ['an error', [frame({ error: { message: 'canary', type: 'server_error' } })]],
    ['an error behind a comment', [': hello\n\n', frame({ error: { message: 'canary' } })]],
    ['an error in plain words', [frame({ error: 'canary' })]],
    ['half a frame', ['data: {"choices":[']],
  ])('%s', async (_, given) => {
    const opened = open(pieces(...given), false);
    await expect(opened).rejects.toMatchObject({ why: 'upstream_error' });
    await expect(opened).rejects.not.toThrow(/canary/);
  });

  test('what was thrown stays what it is', async () => {
    const timeout = new GatewayError('upstream_timeout');
    await expect(open(pieces(': hi\n\n', timeout), false)).rejects.toBe(timeout);
  });
});

describe('a failure after the first chunk is one frame, and there is no end and nothing is thrown (I7)', () => {
  test.each<[string, (string | Error)[], string]>([
    ['the provider breaks off', [says('a')], says('a')],
    [
      'the provider breaks off in the midst of a frame',
      [says('a'), 'data: {"choices":[{"delta":{"content":"cana'],
      says('a'),
    ],
    ['the provider breaks off in the midst of a character', [says('a'), says('é').slice(0, -20)], says('a')],
    ['the connection fails', [says('a'), new GatewayError('upstream_error')], says('a')],
    [
      'the connection fails in the midst of a frame',
      [`${says('a')}data: {"can`, new GatewayError('upstream_error')],
      says('a'),
    ],
    [
      'the connection fails after the last choice',
      [says('a'), finish, new GatewayError('upstream_error')],
      says('a') + finish,
    ],
    ['the provider says so', [says('a'), frame({ error: { message: 'canary' } }), done], says('a')],
    ['the provider says so in plain words', [says('a'), frame({ error: 'canary' }), done], says('a')],
    [
      'the provider says so in the same piece',
      [says('a'), says('b') + frame({ error: { message: 'canary' } }) + says('canary') + done],
      says('a') + says('b'),
    ],
    [
      'the provider says so with an event',
      [says('a'), `event: error\n${frame({ error: { message: 'canary' } })}`],
      says('a'),
    ],
    [
      'the provider says so with an event alone',
      [says('a'), 'event: error\ndata: {"message":"canary"}\n\n', done],
      says('a'),
    ],
    ['the provider says so with an event, tightly', [says('a'), 'event:error\r\ndata: canary\r\n\r\n'], says('a')],
    ['a choice has an empty reason to end', [frame(chunk({ content: 'a' }, ''))], frame(chunk({ content: 'a' }, ''))],
  ])('%s', async (_, given, before) => {
    const { text, seen } = await relayed(pieces(...given));
    expect(text).toBe(before + broken);
    expect(text).not.toContain('canary');
    expect(seen).toMatchObject({ done: false, failure: { why: 'upstream_error' } });
  });

  test('says what went wrong where that is known, and nothing of what nobody chose to show (I6)', async () => {
    const timeout = await relayed(pieces(says('a'), new GatewayError('upstream_timeout')));
    expect(timeout.text).toContain('"code":"upstream_timeout"');
    const bug = await relayed(pieces(says('a'), new TypeError('canary')));
    expect(bug.text).not.toContain('canary');
    expect(bug.seen.failure?.why).toBe('internal');
  });

  test('keeps the usage that was said before it (I3)', async () => {
    const { seen } = await relayed(pieces(says('a'), frame(usageChunk(count)), new GatewayError('upstream_error')));
    expect(seen.usage).toEqual(counted);
  });

  test('is no failure once the end was said', async () => {
    const { text, seen } = await relayed(pieces(says('a'), finish, done, new GatewayError('upstream_error')));
    expect(text).toBe(says('a') + finish + done);
    expect(seen).toMatchObject({ done: true, failure: null });
  });

  test('whatever it is, and wherever, the caller has whole frames of the answer, then one error, and no end', async () => {
    const answer = Buffer.from(spoken(['Grüße', ' 😀', ' "error":{'], null).slice(0, -2).join(''));
    await fc.assert(
      fc.asyncProperty(fc.nat(answer.length), anyCuts, fc.boolean(), async (length, cuts, thrown) => {
        async function* failing() {
          yield* cutAt(answer.subarray(0, length), cuts);
          if (thrown) throw new GatewayError('upstream_error');
        }
        let text: string;
        try {
          text = (await relayed(failing())).text;
        } catch (error) {
          expect(error).toMatchObject({ why: 'upstream_error' });
          expect(answer.subarray(0, length).includes('\n\n')).toBe(false);
          return;
        }
        expect(text.endsWith(broken)).toBe(true);
        const before = text.slice(0, -broken.length);
        // A frame that lacked half of its blank line has been given a whole one.
        expect(answer.toString('utf8').startsWith(before.replace(/\n{3}$/, '\n\n'))).toBe(true);
        expect(before).toMatch(/\n\n$/);
        expect(text).not.toContain('data: [DONE]');
      }),
    );
  });
});

describe('a stream that nobody reads on', () => {
  test('is let go at its source when it fails', async () => {
    let released = false;
    async function* source() {
      try {
        yield Buffer.from(says('a'));
        yield Buffer.from(frame({ error: { message: 'x' } }));
        yield Buffer.from(says('never read'));
      } finally {
        released = true;
      }
    }
    await relayed(source());
    expect(released).toBe(true);
  });

  test('is let go at its source when it fails at once', async () => {
    let released = false;
    async function* source() {
      try {
        yield Buffer.from(frame({ error: { message: 'x' } }));
        yield Buffer.from(says('never read'));
      } finally {
        released = true;
      }
    }
    await expect(open(source(), false)).rejects.toMatchObject({ why: 'upstream_error' });
    expect(released).toBe(true);
  });
});

describe('a stream of several choices', () => {
  const choice = (index: number, delta: object, finish: string | null = null) =>
    frame({ ...chunk({}), choices: [{ index, delta, finish_reason: finish, logprobs: null }] });

  test('is not complete before all of them have ended, where the provider forgets to say [DONE]', async () => {
    const both = [choice(0, { content: 'a' }), choice(1, { content: 'b' }), choice(0, {}, 'stop')];
    expect((await relayed(pieces(...both), false, 2)).text).toBe(both.join('') + broken);
    const ended = [...both, choice(1, {}, 'length')];
    expect((await relayed(pieces(...ended), false, 2)).text).toBe(ended.join('') + done);
    expect((await relayed(pieces(ended.join('')), false, 2)).text).toBe(ended.join('') + done);
  });
});

describe('after [DONE]', () => {
  const ended = says('a') + finish + done;

  test('a provider that stays connected is left, and the answer ends', async () => {
    let cancelled = 0;
    let leave = () => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(new Error('aborted'));
    });
    async function* lingering() {
      yield Buffer.from(ended);
      await left;
    }
    const cancel = () => {
      cancelled++;
      leave();
    };
    const { bytes, seen } = await open(lingering(), false, 1, cancel);
    expect(await joined(bytes)).toBe(ended);
    expect([cancelled, seen.failure]).toEqual([1, null]);
  });

  test('the provider’s own end is awaited, so that its connection serves again, and it is not cancelled', async () => {
    let cancelled = 0;
    let closed = false;
    async function* closing() {
      yield Buffer.from(ended);
      yield Buffer.from(': bye\n\n');
      closed = true;
    }
    const { bytes } = await open(closing(), false, 1, () => cancelled++);
    expect(await joined(bytes)).toBe(ended);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect([closed, cancelled]).toEqual([true, 0]);
  });

  test('nothing that a provider does changes the answer', async () => {
    expect((await relayed(pieces(ended, says('more'), new Error('reset')), false)).text).toBe(ended);
    expect((await relayed(pieces(says('a') + finish, 'data: [DONE] \n\n', says('more')), false)).text).toBe(ended);
  });
});

test('after an error frame nothing more is relayed, whatever comes behind it', async () => {
  const { text } = await relayed(pieces(says('a'), frame({ error: { message: 'x' } }), says('b'), finish, done), false);
  expect(text).toBe(says('a') + broken);
});

test.each(['null', '5', '"usage"', '[{"usage":{}}]', '{"usage":{'])(
  'data that is no object is relayed as it is: %s',
  async (data) => {
    const odd = `data: ${data}\n\n`;
    expect((await relayed(pieces(says('a'), odd, finish, done), false)).text).toBe(says('a') + odd + finish + done);
  },
);

test.each(['"usage" : {', '"usage":  {', '"usage"  :{'])('usage is found however it is spaced: %s', async (spaced) => {
  const last = frame(usageChunk(count)).replace('"usage":{', spaced);
  expect((await relayed(pieces(says('a'), finish, last, done), false)).seen.usage).toEqual(counted);
});

describe('a reader who does not read to the end', () => {
  async function* noticed(frames: readonly string[], ended: () => void): AsyncGenerator<Uint8Array> {
    try {
      for (const one of frames) yield Buffer.from(one);
    } finally {
      ended();
    }
  }

  test.each([
    ['after all that came at once', [[says('a'), finish, done].join('')], 1],
    ['after the first of several', [says('a'), says('b'), finish, done], 1],
    ['in the midst', [says('a'), says('b'), finish, done], 2],
  ])('%s lets the provider go', async (_, frames, chunks) => {
    let ended = false;
    const { bytes } = await open(
      noticed(frames, () => {
        ended = true;
      }),
      false,
    );
    const reader = bytes[Symbol.asyncIterator]();
    for (let read = 0; read < chunks; read++) await reader.next();
    expect(ended).toBe(false);
    await reader.return?.();
    expect(ended).toBe(true);
  });
});
