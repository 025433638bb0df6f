/** What the caller received is always a prefix of what the provider sent, whatever was sent and wherever it broke off. */
import fc from 'fast-check';
import { APIError } from 'openai';
import { Stream } from 'openai/streaming';
import { GatewayError } from '../../../shared/errors.ts';
import { openChatStream } from '../../../shared/streaming/chat-stream.ts';
import { chunk, done, usage, usageChunk } from '../../support/scripted-provider.ts';
import { anyCuts, cutAt } from './pieces.ts';

const content = fc.string({
  unit: fc.constantFrom(
    'a',
    'é',
    '€',
    '😀',
    ' ',
    '"',
    '\\',
    '\n',
    '\r',
    'error',
    '"error":{',
    'event: error',
    '[DONE]',
  ),
  maxLength: 8,
});

type Sent = { readonly mark: string; readonly frames: readonly string[]; readonly usageAt: number };

/** A stream in any of the ways to write one. */
const anySent: fc.Arbitrary<Sent> = fc
  .record({
    words: fc.array(content, { minLength: 1, maxLength: 5 }),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
    mark: fc.boolean(),
    fields: fc.constantFrom('', 'event: message', 'id: 7', 'retry: 3000'),
    lines: fc.boolean(),
    comments: fc.boolean(),
    reported: fc.boolean(),
    ends: fc.boolean(),
  })
  .map(({ words, lineEnd, mark, fields, lines, comments, reported, ends }) => {
    const written = (value: unknown): string => {
      const json = JSON.stringify(value);
      const data = lines ? json.replace(',"choices"', `,${lineEnd}data: "choices"`) : json;
      return `${fields ? fields + lineEnd : ''}data: ${data}${lineEnd}${lineEnd}`;
    };
    const said = [...words.map((word) => chunk({ content: word })), chunk({}, 'stop')].map(written);
    const frames = comments ? said.flatMap((one) => [one, `: ping${lineEnd}${lineEnd}`]) : said;
    const told = reported ? [written(usageChunk(usage(10, 5)))] : [];
    return {
      mark: mark ? '\ufeff' : '',
      frames: [...frames, ...told, ...(ends ? [`data: [DONE]${lineEnd}${lineEnd}`] : [])],
      usageAt: reported ? frames.length : -1,
    };
  });

/** What the relay adds of its own, at the very end. */
const isError = (frame: string): boolean =>
  /^data: \{"error":\{"message":"[^"]*","type":"server_error",.*\}\}\n\n$/.test(frame);

type Ending = 'ends' | 'fails' | 'is left';

async function received(sent: Sent, length: number, cuts: readonly number[], ending: Ending): Promise<Buffer[] | null> {
  const bytes = Buffer.from(sent.mark + sent.frames.join('')).subarray(0, length);
  async function* chunks() {
    yield* cutAt(bytes, cuts);
    if (ending === 'fails') throw new GatewayError('upstream_error');
  }
  try {
    const stream = await openChatStream({ chunks: chunks(), cancel: () => {} }, { wantsUsage: false, choices: 1 });
    const got: Buffer[] = [];
    for await (const part of stream.bytes) {
      got.push(Buffer.from(part));
      if (ending === 'is left' && got.length === 2) stream.leave();
    }
    return got;
  } catch (error) {
    // Before the first frame: a real HTTP error, of which nothing is received.
    expect(error).toMatchObject({ why: 'upstream_error' });
    return null;
  }
}

/** Takes whole frames off the front, as long as they are what was sent; what is left is the relay's own. */
function afterFrames(text: string, { frames, usageAt }: Sent): string {
  let rest = text;
  for (const [at, frame] of frames.entries()) {
    const isEnd = /data: \[DONE\]/.test(frame);
    if (at === usageAt || isEnd || !rest.startsWith(frame)) {
      if (at !== usageAt) return withoutLast(rest, frame);
    } else rest = rest.slice(frame.length);
  }
  return rest;
}

/** A last frame that lacked its blank line, or half of it, has been given one. */
function withoutLast(rest: string, frame: string): string {
  const whole = frame.trimEnd();
  const given = /^(\r\n|\n|\r)*/.exec(rest.startsWith(whole) ? rest.slice(whole.length) : '')?.[0] ?? '';
  return given.endsWith('\n\n') ? rest.slice(whole.length + given.length) : rest;
}

const anyEnding = fc.constantFrom<Ending>('ends', 'fails', 'is left');

test('in whole frames, byte by byte, and then at most one of our own', async () => {
  await fc.assert(
    fc.asyncProperty(anySent, fc.nat(2_000), anyCuts, anyEnding, async (sent, length, cuts, ending) => {
      const got = await received(sent, length, cuts, ending);
      if (!got) return;
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(got));
      // A last frame that lacked half of a CRLF alone is whole with the first half of what it is given: a line stays, which is empty.
      const own = afterFrames(text, sent).replace(/^\n/, '');
      expect(own === '' || own === done || isError(own)).toBe(true);
      // No part is torn, in a frame or in a character.
      for (const part of got) expect(part.toString('utf8')).toMatch(/(\n\n|\n\r\n|\r\r)$/);
    }),
    { numRuns: 300 },
  );
});

test("the SDK's own parser reads every word of it, and throws nothing but the error that it is told", async () => {
  await fc.assert(
    fc.asyncProperty(anySent, fc.nat(2_000), anyCuts, anyEnding, async (sent, length, cuts, ending) => {
      const got = await received(sent, length, cuts, ending);
      if (!got) return;
      const response = new Response(Buffer.concat(got), { headers: { 'content-type': 'text/event-stream' } });
      const words: string[] = [];
      let failed = false;
      try {
        for await (const event of Stream.fromSSEResponse<ReturnType<typeof chunk>>(response, new AbortController())) {
          words.push(event.choices[0]?.finish_reason ?? 'word');
        }
      } catch (error) {
        expect(error).toBeInstanceOf(APIError);
        failed = true;
      }
      const told = Buffer.concat(got).toString('utf8');
      expect(failed).toBe(/"type":"server_error"/.test(told));
      // It saw every frame with data but the usage that was stripped, and none twice.
      const data = sent.frames.filter((one, at) => /data: \{/.test(one) && at !== sent.usageAt);
      expect(words.length).toBeLessThanOrEqual(data.length);
      if (!failed && ending !== 'is left') expect(words).toHaveLength(data.length);
    }),
    { numRuns: 300 },
  );
});
