import fc from 'fast-check';
import { GatewayError } from '../../../shared/errors.ts';
import type { SeenStream } from '../../../shared/streaming/relayed-stream.ts';
import { openResponseStream } from '../../../shared/streaming/response-stream.ts';
import {
  begun,
  completed,
  eventFrame,
  eventFrames,
  message,
  respondedEvents,
  response,
  responseUsage,
  spokenEvents,
} from '../../support/scripted-responses.ts';
import { anyCuts, cutAt, joined, pieces } from './pieces.ts';

type Relayed = { readonly text: string; readonly seen: Readonly<SeenStream> };

const open = (chunks: AsyncIterable<Uint8Array>, cancel = () => {}) => openResponseStream({ chunks, cancel });

async function relayed(chunks: AsyncIterable<Uint8Array>): Promise<Relayed> {
  const { bytes, seen } = await open(chunks);
  return { text: await joined(bytes), seen };
}

const count = responseUsage(10, 5, 4);
const counted = { input: 10, cachedInput: 4, cacheWrite: 0, output: 5, reasoning: 0 };
const errorEvent = (sequence_number: number, code = 'upstream_error') =>
  `event: error\ndata: ${JSON.stringify({
    type: 'error',
    sequence_number,
    code,
    message: 'The model provider failed to answer.',
    param: null,
  })}\n\n`;

const [created = '', inProgress = '', added = '', part = '', ...spoken] = eventFrames([
  ...begun,
  ...spokenEvents(['Hel', 'lo']),
]);
const said = spoken.slice(0, 2);
const upToWords = created + inProgress + added + part + said.join('');
const whole = respondedEvents(['Hel', 'lo'], count);
const providerFails = (type: string, more: object) => eventFrame({ type, sequence_number: 6, ...more });
const failed = (code: string | null, used: unknown = null) =>
  providerFails('response.failed', {
    response: response('failed', [], { error: code && { code, message: 'canary' }, usage: used }),
  });

/** Words that would be mistaken for the protocol if they were not text. */
const word = fc.string({
  unit: fc.constantFrom(
    ...['a', 'é', '😀', ' ', '"', '\\', '\n', '"response":{', '"type":"error"', '"error":{', '[DONE]', 'data: '],
    ...['event: error', '\n\n', '"type":"response.completed"', '.delta"'],
  ),
  maxLength: 10,
});
const anyStream = fc
  .record({
    words: fc.array(word, { minLength: 1, maxLength: 6 }),
    ending: fc.constantFrom('\n', '\r\n', '\r'),
    comments: fc.boolean(),
    events: fc.boolean(),
    used: fc.boolean(),
    spaced: fc.boolean(),
  })
  .map(({ words, ending, comments, events, used, spaced }) => {
    const text = words.join('');
    const all = [...begun, ...spokenEvents(words), completed([message(text)], used ? count : null)];
    const frames = all.map((event, sequence_number) => {
      const value = { ...event, sequence_number };
      const data = spaced ? JSON.stringify(value, null, ' ').replaceAll('\n', '') : JSON.stringify(value);
      return `${events ? `event: ${event.type}${ending}` : ''}data: ${data}${ending}${ending}`;
    });
    // Not before there is an answer: a comment before it may go missing.
    const comment = comments ? `: keep-alive${ending}${ending}` : '';
    return { words, used, text: [...frames.slice(0, 3), comment, ...frames.slice(3)].join('') };
  });

describe('a stream that goes well', () => {
  test('is relayed in the provider’s bytes, with its usage known, wherever it was cut (I3)', async () => {
    await fc.assert(
      fc.asyncProperty(anyStream, anyCuts, async ({ text: sent, used, words }, cuts) => {
        const { text, seen } = await relayed(cutAt(Buffer.from(sent), cuts));
        expect(text).toBe(sent);
        expect(seen).toMatchObject({
          usage: used ? counted : null,
          frames: words.length,
          done: true,
          failure: null,
          left: false,
        });
      }),
    );
  });

  test('is the same, cut at every byte', async () => {
    const bytes = Buffer.from(respondedEvents(['Grüße', ' 😀', '"response":{'], count).join(''));
    const every = Array.from({ length: bytes.length }, (_, index) => index);
    expect((await relayed(cutAt(bytes, every))).text).toBe(bytes.toString('utf8'));
    for (const cut of every) expect((await relayed(cutAt(bytes, [cut]))).text).toBe(bytes.toString('utf8'));
  });

  test.each([
    ['is relayed', whole],
    ['with an end of chat behind it, which is none of a response', [...whole, 'data: [DONE]\n\n']],
    ['on which the provider talks on', [...whole, ...spoken, failed('server_error')]],
    ['in one piece with the rest', [[...whole, 'data: [DONE]\n\n', ...spoken].join('')]],
  ])('has its end exactly once, at the end: %s', async (_, given) => {
    const { text, seen } = await relayed(pieces(...given));
    expect(text).toBe(whole.join(''));
    expect(seen).toMatchObject({ done: true, failure: null });
  });

  test('may end incomplete, and has been answered all the same', async () => {
    const incomplete = response('incomplete', [], {
      usage: count,
      incomplete_details: { reason: 'max_output_tokens' },
    });
    const last = eventFrame({ type: 'response.incomplete', sequence_number: 6, response: incomplete });
    for (const given of [[upToWords, last], [created, last], [created + last]]) {
      const { text, seen } = await relayed(pieces(...given));
      expect(text).toBe(given.join(''));
      expect(seen).toMatchObject({ usage: counted, done: true, failure: null });
    }
  });

  test('takes zero for a count, and an old count for none where the last says nothing', async () => {
    const zero = await relayed(pieces(...respondedEvents(['a'], responseUsage(0, 0))));
    expect(zero.seen.usage).toEqual({ input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 });
    expect((await relayed(pieces(...respondedEvents(['a'], null)))).seen.usage).toBeNull();
  });

  test('loses a word of the end of another protocol, and comments before there is an answer', async () => {
    const { text } = await relayed(pieces(': hello\n\n', created, 'data: [DONE]\n\n', ...whole.slice(1)));
    expect(text).toBe(whole.join(''));
  });
});

describe('nothing is sent before it is an answer (I7)', () => {
  test('what comes before it is held back, and goes out with its first event', async () => {
    let answered = false;
    async function* chunks() {
      yield Buffer.from(created);
      yield Buffer.from(inProgress);
      yield Buffer.from(eventFrame({ type: 'response.queued', sequence_number: 2, response: response('queued', []) }));
      yield Buffer.from(eventFrame({ type: 'keepalive', sequence_number: 3 }));
      answered = true;
      yield Buffer.from(added);
      yield Buffer.from(whole.at(-1) ?? '');
    }
    const { bytes } = await open(chunks());
    expect(answered).toBe(true);
    const [first] = (await joined(bytes)).split(added);
    expect(first).toContain('response.created');
    expect(first).toContain('keepalive');
  });

  test.each<[string, (string | Error)[], string]>([
    ['nothing at all', [], 'upstream_error'],
    ['only comments', [': hello\n\n', ': still here\n\n'], 'upstream_error'],
    ['only its beginning', [created, inProgress], 'upstream_error'],
    ['only an end of chat', ['data: [DONE]\n\n'], 'upstream_error'],
    ['a chat stream', ['data: {"choices":[{"index":0,"delta":{"content":"canary"}}]}\n\n'], 'upstream_error'],
    ['an error behind its beginning', [created, eventFrame({ type: 'error', message: 'canary' })], 'upstream_error'],
    ['an error in the same piece', [created + eventFrame({ type: 'error', message: 'canary' })], 'upstream_error'],
    ['an error without a type', [created, 'data: {"error":{"message":"canary"}}\n\n'], 'upstream_error'],
    ['an event that is one by its name alone', ['event: error\ndata: canary\n\n'], 'upstream_error'],
    ['a failure behind its beginning', [created, inProgress, failed('server_error')], 'upstream_error'],
    ['a failure that does not say why', [created, failed(null)], 'upstream_error'],
    ['a failure with a code that nobody knows', [created, failed('canary')], 'upstream_error'],
    ['a limit', [created, failed('rate_limit_exceeded')], 'rate_limit_exceeded'],
    [
      'a limit, as an error',
      [created, eventFrame({ type: 'error', code: 'rate_limit_exceeded', message: 'canary' })],
      'rate_limit_exceeded',
    ],
    ['a verdict on the request', [created, failed('invalid_prompt')], 'invalid_request'],
    ['half an event', [created, 'data: {"type":"response.output_'], 'upstream_error'],
  ])('a failure before it is thrown: %s', async (_, given, why) => {
    const opened = open(pieces(...given));
    await expect(opened).rejects.toMatchObject({ why });
    await expect(opened).rejects.not.toThrow(/canary/);
  });

  test('what was thrown stays what it is', async () => {
    const timeout = new GatewayError('upstream_timeout');
    await expect(open(pieces(created, timeout))).rejects.toBe(timeout);
  });

  test('a provider that only ever begins is given up (I11)', async () => {
    const large = eventFrame({ type: 'response.in_progress', response: { text: 'x'.repeat(4_000_000) } });
    let sent = 0;
    async function* chunks() {
      for (; sent < 100; sent++) yield Buffer.from(large);
    }
    await expect(open(chunks())).rejects.toMatchObject({ why: 'upstream_error' });
    expect(sent).toBeLessThan(12);
  });
});

describe('a failure after it is one event, and there is no end and nothing is thrown (I7)', () => {
  test.each<[string, (string | Error)[], string]>([
    ['the provider breaks off', [upToWords], errorEvent(6)],
    ['the provider breaks off in the midst of an event', [upToWords, 'data: {"type":"cana'], errorEvent(6)],
    ['the connection fails', [upToWords, new GatewayError('upstream_error')], errorEvent(6)],
    ['the provider fails', [upToWords, failed('server_error'), whole.at(-1) ?? ''], errorEvent(6)],
    ['the provider says so', [upToWords, providerFails('error', { message: 'canary' })], errorEvent(6)],
    ['the provider says so in the same piece', [upToWords, `${failed('server_error')}data: canary\n\n`], errorEvent(6)],
    ['the provider says so without a type', [upToWords, 'data: {"error":"canary"}\n\n'], errorEvent(6)],
    ['the provider says so with an event alone', [upToWords, 'event: error\ndata: canary\n\n'], errorEvent(6)],
    ['the provider ends as chat does', [upToWords, 'data: [DONE]\n\n'], errorEvent(6)],
  ])('%s', async (_, given, last) => {
    const { text, seen } = await relayed(pieces(...given));
    expect(text).toBe(upToWords + last);
    expect(seen).toMatchObject({ done: false, failure: { why: 'upstream_error' } });
  });

  test('it has the number that comes next, where the provider numbers', async () => {
    const unnumbered = upToWords.replaceAll(/"sequence_number":\d+,/g, '');
    expect((await relayed(pieces(unnumbered))).text).toBe(unnumbered + errorEvent(0));
    const misleading = eventFrames([...begun, ...spokenEvents(['"sequence_number":99'])])
      .slice(0, 5)
      .join('');
    expect((await relayed(pieces(misleading))).text).toBe(misleading + errorEvent(5));
  });

  test('says what went wrong where that is known, and nothing of what nobody chose to show (I6)', async () => {
    expect((await relayed(pieces(upToWords, failed('rate_limit_exceeded')))).text).toContain('"rate_limit_exceeded"');
    expect((await relayed(pieces(upToWords, new GatewayError('upstream_timeout')))).text).toContain('upstream_timeout');
    const bug = await relayed(pieces(upToWords, new TypeError('canary')));
    expect(bug.text).not.toContain('canary');
    expect(bug.seen.failure?.why).toBe('internal');
  });

  test('has the usage that came with it (I3)', async () => {
    expect((await relayed(pieces(upToWords, failed('server_error', count)))).seen.usage).toEqual(counted);
  });

  test('is no failure once the end was said', async () => {
    const { text, seen } = await relayed(pieces(...whole, new GatewayError('upstream_error')));
    expect(text).toBe(whole.join(''));
    expect(seen).toMatchObject({ done: true, failure: null });
  });

  test('whatever it is, and wherever, the caller has whole events of the answer, then one error, and no end', async () => {
    const answer = Buffer.from(respondedEvents(['Grüße', ' 😀', ' "error":{'], null).slice(0, -1).join(''));
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
          expect(answer.subarray(0, length).toString()).not.toMatch(/output_item\.added[^\n]*\n\n/);
          return;
        }
        const [before = '', error] = text.split(/(?=event: error\n)/);
        expect(error).toMatch(/^event: error\ndata: \{"type":"error","sequence_number":\d+,.*\}\n\n$/);
        // An event that lacked half of its blank line has been given a whole one.
        expect(answer.toString('utf8').startsWith(before.replace(/\n{3}$/, '\n\n'))).toBe(true);
        expect(before).toMatch(/\n\n$/);
      }),
    );
  });
});

test('a stream that is given up says nothing more, and is no failure', async () => {
  let cancelled = 0;
  const { bytes, seen, leave } = await open(pieces(upToWords, ...spoken, whole.at(-1) ?? ''), () => cancelled++);
  leave();
  expect(await joined(bytes)).toBe(upToWords);
  expect([cancelled, seen.left, seen.done, seen.failure]).toEqual([1, true, false, null]);
});

test('a provider that stays connected after its end is left, and the answer ends', async () => {
  let leave = () => {};
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(new Error('aborted'));
  });
  async function* lingering() {
    yield Buffer.from(whole.join(''));
    await left;
  }
  let cancelled = 0;
  const { bytes } = await open(lingering(), () => {
    cancelled++;
    leave();
  });
  expect(await joined(bytes)).toBe(whole.join(''));
  expect(cancelled).toBe(1);
});

test('costs no more than its bytes, whatever they are (I11)', async () => {
  const hostile = eventFrames([...begun, ...spokenEvents(['error "response" '.repeat(60_000)])]).join('');
  const began = performance.now();
  await relayed(
    pieces(
      ...Array.from({ length: Math.ceil(hostile.length / 1_000) }, (_, at) =>
        hostile.slice(at * 1_000, at * 1_000 + 1_000),
      ),
    ),
  );
  expect(performance.now() - began).toBeLessThan(2_000);
});
