/** THREATS 12: what must not leave does not, wherever the provider cuts its stream. */
import fc from 'fast-check';
import { createRedactor } from '../../../shared/redaction/redactor.ts';
import type { OutputGuard } from '../../../shared/safety/output-guard.ts';
import { openChatStream } from '../../../shared/streaming/chat-stream.ts';
import { completeFrames } from '../../../shared/streaming/frames.ts';
import { chunk, done, frame } from '../../support/scripted-provider.ts';
import { cutAt } from '../streaming/pieces.ts';
import { guarded, moderating, off, redacting, told, unless } from './streamed.ts';

const secret = 'sk-proj-aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA1cD3eF5gH7j';
const address = 'ada@example.com';

/** As some providers write: every character that is not of ASCII, and every one of the canary, escaped. */
const escaped = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const escapedFrame = (value: unknown): string => `data: ${escaped(JSON.stringify(value))}\n\n`;

type Place = {
  readonly name: string;
  readonly delta: (piece: string) => object;
  readonly read: (stream: string) => string;
};

const content: Place = {
  name: 'text',
  delta: (piece) => ({ content: piece }),
  read: (stream) => told(stream)[0]?.message.content ?? '',
};
const toolArguments: Place = {
  name: 'tool arguments',
  delta: (piece) => ({ tool_calls: [{ index: 0, function: { arguments: piece } }] }),
  read: (stream) => told(stream)[0]?.message.tool_calls?.[0]?.function.arguments ?? '',
};
const begin = frame(
  chunk({
    role: 'assistant',
    tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'send', arguments: '' } }],
  }),
);

/** The text in frames, cut where told: between UTF-16 units, also those of one character. */
function framesOf(text: string, cuts: readonly number[], place: Place, write = frame): string[] {
  const ends = [...new Set(cuts), text.length].filter((cut) => cut > 0 && cut <= text.length).sort((a, b) => a - b);
  const pieces = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
  return [begin, ...pieces.map((piece) => write(chunk(place.delta(piece)))), frame(chunk({}, 'stop')), done];
}

const neighbours = ['', ' ', 'é', '😀', '漢', '\ud83d\ude00', '\u200d', '«', '\n'];
const said = `Grüße 😀: ${secret}, und ${address} 漢字 ${secret}.`;
const json = JSON.stringify({
  '😀': 'ü',
  key: secret,
  to: [address, `x ${address}`],
  n: 5,
  nested: { note: `«${secret}»\n` },
});

const expectNoCanary = (stream: string): void => {
  expect(stream).not.toContain(secret);
  expect(stream).not.toContain(secret.slice(0, 20));
  expect(stream).not.toContain(secret.slice(-20));
  expect(stream).not.toContain(address);
};

describe.each([content, toolArguments])('a canary in $name', (place) => {
  const text = place === content ? said : json;

  test('never leaves when it is cut at any one place, and what is around it does (I8)', async () => {
    for (let cut = 1; cut < text.length; cut++) {
      const { text: stream } = await guarded(framesOf(text, [cut], place), redacting());
      expectNoCanary(place.read(stream));
      expect(place.read(stream)).toBe(createRedactor(['secrets', 'email']).redact(text));
    }
  });

  test('never leaves one character a frame, with its neighbours in escapes or not', async () => {
    const every = Array.from({ length: text.length }, (_, at) => at);
    for (const write of [frame, escapedFrame]) {
      const { text: stream } = await guarded(framesOf(text, every, place, write), redacting());
      expectNoCanary(place.read(stream));
      expect(place.read(stream)).toBe(createRedactor(['secrets', 'email']).redact(text));
    }
  });

  test('never leaves wherever frames and bytes are cut', async () => {
    const anyNeighbour = fc.constantFrom(...neighbours);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(400), { maxLength: 30 }),
        fc.array(fc.nat(20_000), { maxLength: 40 }),
        anyNeighbour,
        anyNeighbour,
        fc.boolean(),
        async (cuts, byteCuts, before, after, escapes) => {
          const value = `${before}${secret}${after} ${address}`;
          const whole = place === content ? value : JSON.stringify({ value });
          const frames = framesOf(whole, cuts, place, escapes ? escapedFrame : frame);
          const chunks = cutAt(Buffer.from(frames.join('')), byteCuts);
          const { bytes } = await openChatStream({ chunks, cancel: () => {} }, { wantsUsage: true, choices: 1 });
          const { text: stream } = await guarded(bytes, redacting());
          expectNoCanary(place.read(stream));
          if (place === toolArguments) expect(Object.keys(JSON.parse(place.read(stream)))).toEqual(['value']);
        },
      ),
    );
  });

  test('never leaves when the provider’s bytes are cut at every single one', async () => {
    const bytes = Buffer.from(framesOf(text, [20, 33, 40], place).join(''));
    for (let cut = 1; cut < bytes.length; cut++) {
      const { text: stream } = await guarded(completeFrames(cutAt(bytes, [cut])), redacting());
      expect(place.read(stream)).toBe(createRedactor(['secrets', 'email']).redact(text));
    }
  });

  test('is held back until checked, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(200), { maxLength: 30 }),
        fc.integer({ min: 20, max: 80 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 10 }),
        async (cuts, windowChars, delays) => {
          let asked = 0;
          const check = async (seen: string): Promise<'cleared' | 'refused'> => {
            for (let turns = delays[asked++ % delays.length] ?? 0; turns > 0; turns--) await Promise.resolve();
            return seen.includes('poison') ? 'refused' : 'cleared';
          };
          const before = 'All of this is harmless. '.repeat(3);
          const whole = place === content ? `${before}poison 😀.` : JSON.stringify({ before, after: 'poison' });
          const { text: stream, refusals } = await guarded(
            framesOf(whole, cuts, place),
            moderating(check, { windowChars }),
          );
          expect(refusals).toBe(1);
          expect(stream).not.toContain('poison');
          expect(whole.startsWith(place.read(stream))).toBe(true);
          expect(place.read(stream)).not.toContain('poison');
          expect(told(stream)[0]?.finish_reason).toBe('content_filter');
        },
      ),
    );
  });
});

describe('a canary in the JSON of tool arguments', () => {
  const every = (text: string) => Array.from({ length: text.length }, (_, at) => at);
  const argumentsOf = async (text: string, cuts: readonly number[], guard: OutputGuard = redacting()) =>
    toolArguments.read((await guarded(framesOf(text, cuts, toolArguments), guard)).text);

  test.each([
    ['in escapes', String.raw`{"to":"ada\u0040ex\u0061mple.com","n":1}`, { to: '[EMAIL_1]', n: 1 }],
    ['between escapes', String.raw`{"to":"\"ada@example.com\"\n\u00e9"}`, { to: '"[EMAIL_1]"\né' }],
    ['as a name', `{"${address}":[true,null]}`, { '[EMAIL_1]': [true, null] }],
    ['many times', `["${address}","b@example.org",{"a":"${address}"}]`, ['[EMAIL_1]', '[EMAIL_2]', { a: '[EMAIL_1]' }]],
    ['as a number', '{"card":4111111111111111,"n":-1.5e3}', { card: '[CARD_1]', n: -1500 }],
    [
      'in a private key',
      JSON.stringify({
        k: `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n'.repeat(300)}-----END RSA PRIVATE KEY-----\n`,
        n: 1,
      }),
      { k: '[SECRET_1]\n', n: 1 },
    ],
  ])('is found %s, and what is left is JSON', async (_, text, expected) => {
    const guard = () => redacting(['secrets', 'email', 'credit_card']);
    for (const cuts of [[], [5], every(text)])
      expect(JSON.parse(await argumentsOf(text, cuts, guard()))).toEqual(expected);
  });

  test('comes back where it was the caller’s own, as JSON', async () => {
    const redactor = createRedactor(['email', 'secrets']);
    const own = 'password: "a\\b3c!d9\u2028e"';
    const placeholder = redactor.redact(own).match(/\[[^\]]+\]/)?.[0] ?? '';
    const original = redactor.restore(placeholder);
    const text = JSON.stringify({ a: `It is ${placeholder}.`, to: address });
    const guard: OutputGuard = { ...redacting(['email']), restore: redactor };
    for (const cuts of [[], every(text)]) {
      expect(JSON.parse(await argumentsOf(text, cuts, guard))).toEqual({ a: `It is ${original}.`, to: '[EMAIL_1]' });
    }
  });
});

describe('what is put back', () => {
  test('is put back wherever its placeholder is cut, and is not what is checked or redacted', async () => {
    const redactor = createRedactor(['email']);
    redactor.redact('I am grace@example.org');
    const text = `Dear [EMAIL_1], write to ${address}. Yours, [EMAIL_1] [EMAIL_`;
    const seen: string[] = [];
    const check = async (read: string) => {
      seen.push(read);
      return unless('grace')(read);
    };
    for (const cuts of [[], Array.from({ length: text.length }, (_, at) => at)]) {
      const guard = { ...moderating(check), ...{ redaction: redacting(['email']).redaction }, restore: redactor };
      const { text: stream } = await guarded(framesOf(text, cuts, content), guard);
      expect(content.read(stream)).toMatch(
        /^Dear grace@example\.org, write to \[EMAIL_\d\]\. Yours, grace@example\.org \[EMAIL_$/,
      );
    }
    expect(seen.join()).toContain('Dear [EMAIL_1]');
  });
});

describe('probabilities of tokens', () => {
  const withTokens = (text: string, tokens: readonly string[]) => {
    const said = chunk({ content: text });
    const logprobs = {
      content: tokens.map((token) => ({ token, logprob: -0.1, bytes: [...Buffer.from(token)], top_logprobs: [] })),
    };
    return frame({ ...said, choices: said.choices.map((choice) => ({ ...choice, logprobs })) });
  };

  test('are told with the text that they are of, and not where it was changed or is missing', async () => {
    const frames = [
      withTokens('Mail ', ['Mail', ' ']),
      withTokens('ada@', ['ada', '@']),
      withTokens('example.com', ['example.com']),
      withTokens('', [address]),
      frame(chunk({}, 'stop')),
      done,
    ];
    const { text } = await guarded(frames, redacting());
    expect(text).not.toContain('example');
    expect(text).not.toContain('"ada"');
    expect(text.startsWith(withTokens('Mail ', ['Mail', ' ']))).toBe(true);
    expect((await guarded(frames, off)).text).toBe(frames.join(''));
  });
});
