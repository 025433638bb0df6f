import fc from 'fast-check';
import { completeFrames, dataOf, framesOf } from '../../../shared/streaming/frames.ts';
import { anyCuts, cutAt, joined, pieces } from './pieces.ts';

async function runsOf(stream: AsyncIterable<Uint8Array>): Promise<string[]> {
  const runs: string[] = [];
  for await (const run of completeFrames(stream)) runs.push(run.toString('utf8'));
  return runs;
}

/** A line of text without line breaks, in one, two, three and four bytes a character. */
const text = fc.string({
  unit: fc.constantFrom('a', 'é', '€', '😀', '"', '\\', ' ', ':', 'data:', '[DONE]'),
  maxLength: 12,
});

/** Frames in one of the three line endings, each with the data that it holds, or null for a comment. */
const anyFrames = fc
  .tuple(
    fc.constantFrom('\n', '\r\n', '\r'),
    fc.array(
      fc.oneof(
        text.map((value) => ({ lines: [`data: ${value}`], data: value })),
        text.map((value) => ({ lines: [`data:x${value}`], data: `x${value}` })),
        text.map((value) => ({ lines: ['event: message', 'id: 1', `data: ${value}`], data: value })),
        fc.tuple(text, text).map(([a, b]) => ({ lines: [`data: ${a}`, `data: ${b}`], data: `${a}\n${b}` })),
        text.map((value) => ({ lines: [`: ${value}`], data: null })),
      ),
      { minLength: 1, maxLength: 8 },
    ),
  )
  .map(([ending, frames]) => ({
    frames: frames.map(({ lines }) => lines.map((line) => line + ending).join('') + ending),
    data: frames.map(({ data }) => data),
  }));

describe('a stream of events', () => {
  test('comes out in the same bytes and in whole frames, wherever it was cut', async () => {
    await fc.assert(
      fc.asyncProperty(anyFrames, anyCuts, async ({ frames, data }, cuts) => {
        const runs = await runsOf(cutAt(Buffer.from(frames.join('')), cuts));
        expect(runs.join('')).toBe(frames.join(''));
        const found = runs.flatMap((run) => [...framesOf(Buffer.from(run))]);
        expect(found.map((frame) => frame.toString('utf8'))).toEqual(frames);
        expect(found.map(dataOf)).toEqual(data);
      }),
    );
  });

  test('comes out whole, cut at every byte', async () => {
    const bytes = Buffer.from('data: {"a":"é€😀"}\r\n\r\n: hi\n\nevent: x\ndata: 1\ndata: 2\n\n');
    const every = Array.from({ length: bytes.length }, (_, index) => index);
    expect((await runsOf(cutAt(bytes, every))).length).toBe(3);
    expect(await joined(completeFrames(cutAt(bytes, every)))).toBe(bytes.toString('utf8'));
    for (const cut of every) expect(await joined(completeFrames(cutAt(bytes, [cut])))).toBe(bytes.toString('utf8'));
  });

  test('comes as soon as a frame is complete, and not before', async () => {
    const runs = completeFrames(pieces('data: 1\n', '\ndata: 2\n\ndata:', ' 3', '\n\n'));
    expect((await runs.next()).value?.toString()).toBe('data: 1\n\ndata: 2\n\n');
    expect((await runs.next()).value?.toString()).toBe('data: 3\n\n');
    expect((await runs.next()).done).toBe(true);
  });

  test('may begin with a byte order mark, which is no part of it', async () => {
    const bytes = Buffer.from('\ufeffdata: 1\n\ndata: \ufeff2\n\n');
    for (const cut of [1, 2, 3, 4, 12])
      expect((await runsOf(cutAt(bytes, [cut]))).join('')).toBe('data: 1\n\ndata: \ufeff2\n\n');
    expect(await runsOf(pieces('\ufeffdata: 1'))).toEqual(['data: 1\n\n']);
  });

  test('comes as soon as a frame is complete also where lines end with CR, and half a CRLF completes none', async () => {
    const ofReturns = completeFrames(pieces('data: 1\r\r', 'data: 2\r', '\rdata: 3\r\r'));
    expect((await ofReturns.next()).value?.toString()).toBe('data: 1\r\r');
    expect((await ofReturns.next()).value?.toString()).toBe('data: 2\r\rdata: 3\r\r');
    expect(await runsOf(pieces('data: 1\r\n\r', '\ndata: 2\r', '\n\r\n'))).toEqual([
      'data: 1\r\n\r\n',
      'data: 2\r\n\r\n',
    ]);
  });

  test('may end its lines now so, now so', async () => {
    const mixed = ['data: 1\n\r\n', 'data: 2\r\n\n', 'data: 3\r\r\n', 'data: 4\r\ndata: 5\n\n'];
    const runs = await runsOf(pieces(...mixed));
    expect(runs).toEqual(mixed);
    expect(runs.map((run) => dataOf(Buffer.from(run)))).toEqual(['1', '2', '3', '4\n5']);
  });

  test('may be empty, or have empty chunks', async () => {
    expect(await runsOf(pieces())).toEqual([]);
    expect(await runsOf(pieces('', 'data: 1\n', '', '\n', ''))).toEqual(['data: 1\n\n']);
  });
});

describe('what is left at the end', () => {
  test.each([
    ['a frame without its blank line', ['data: {"a":1}'], ['data: {"a":1}\n\n']],
    ['a frame with half of its blank line', ['data: {"a":1}\n'], ['data: {"a":1}\n\n\n']],
    ['the end without its blank line', ['data: 1\n\n', 'data: [DONE]'], ['data: 1\n\n', 'data: [DONE]\n\n']],
    ['half a frame', ['data: 1\n\n', 'data: {"a":"cana'], ['data: 1\n\n']],
    ['half a character', ['data: 1\n\n', 'data: {"a":"€'], ['data: 1\n\n']],
    ['half a name', ['data: 1\n\n', 'dat'], ['data: 1\n\n']],
    ['a comment', ['data: 1\n\n', ': bye'], ['data: 1\n\n']],
    ['an event without data', ['data: 1\n\n', 'event: x\n'], ['data: 1\n\n']],
  ])('%s', async (_, given, expected) => {
    expect(await runsOf(pieces(...given))).toEqual(expected);
  });
});

describe('a provider that does not speak the protocol (I11)', () => {
  test('is stopped after 8 MB without a blank line', async () => {
    const megabyte = 'x'.repeat(1024 * 1024);
    const eight = Array.from({ length: 8 }, () => megabyte);
    await expect(runsOf(pieces(...eight, 'x'))).rejects.toMatchObject({ why: 'upstream_error' });
    expect(await runsOf(pieces(...eight.slice(1), megabyte.slice(1), '\n', '\n'))).toHaveLength(1);
  });

  test.each([
    ['lines without a blank one', 'data: x\n'],
    ['bytes without a line', 'xxxxxxxx'],
    ['lines without a blank one, of returns', 'data: x\r'],
  ])('costs no more than its bytes: %s', async (_, piece) => {
    const began = performance.now();
    expect(await runsOf(pieces(...Array.from({ length: 100_000 }, () => piece)))).toEqual([]);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
