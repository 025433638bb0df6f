import fc from 'fast-check';
import { chunksOf, maxChunkLength, overlapLength } from '../../../shared/moderation/chunks.ts';

/** Words, sentences, runs without an end, and characters of two units. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(' ', '. ', '! ', '\n', '。', '\t', '? '),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc
        .tuple(fc.constantFrom('a', '😀', 'é', ' ', '.', 'x '), fc.nat(2_500))
        .map(([unit, times]) => unit.repeat(times)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join('').toWellFormed());

/** Where each chunk begins, if each goes on from within the one before. */
function startsOf(text: string, chunks: readonly string[]): number[] {
  const starts: number[] = [];
  for (const chunk of chunks) {
    const last = starts.at(-1);
    const before = last === undefined ? 0 : last + (chunks[starts.length - 1] ?? '').length;
    // The furthest place that fits, from which nothing may have been left out.
    const found = text.lastIndexOf(chunk, before);
    starts.push(found);
  }
  return starts;
}

test('every character is in some chunk, none is over the limit, and no character is cut', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const chunks = chunksOf(text);
      const starts = startsOf(text, chunks);
      let covered = 0;
      for (const [index, chunk] of chunks.entries()) {
        const start = starts[index] ?? -1;
        expect(start).toBeGreaterThanOrEqual(0);
        expect(start).toBeLessThanOrEqual(covered);
        expect(chunk.length).toBeLessThanOrEqual(maxChunkLength);
        expect(chunk.isWellFormed()).toBe(true);
        covered = Math.max(covered, start + chunk.length);
      }
      expect(covered).toBe(text.length);
      expect(chunks[0]).toBe(text.slice(0, chunks[0]?.length));
      expect(text.endsWith(chunks.at(-1) ?? '-')).toBe(true);
      // Not more of them than the overlap explains.
      expect(chunks.length).toBeLessThanOrEqual(1 + text.length / (maxChunkLength / 2 - overlapLength - 2));
    }),
  );
});

test.each([0, 1, maxChunkLength])('a text of %d characters is a chunk by itself', (length) => {
  expect(chunksOf('x'.repeat(length))).toEqual(['x'.repeat(length)]);
});

test('one character more is two chunks, which overlap', () => {
  const [first = '', second = '', ...more] = chunksOf('x'.repeat(maxChunkLength + 1));
  expect([first.length, second.length, more]).toEqual([maxChunkLength, overlapLength + 1, []]);
});

test('it is cut behind a sentence, and goes on at the beginning of a word', () => {
  const sentence = 'Some words make a sentence. ';
  const [first = '', second = ''] = chunksOf(sentence.repeat(100));
  expect(first.trimEnd().endsWith('sentence.')).toBe(true);
  expect(first.length).toBeGreaterThan(maxChunkLength - sentence.length);
  expect(second).toMatch(/^(Some|words|make|a|sentence\.) /);
});

test.each([
  ['between words, where no sentence ends', 'word '.repeat(600), / $/],
  ['behind a line', `${'x'.repeat(50)}\n`.repeat(60), /\n$/],
  ['behind a sentence that no space follows', '今日はいい天気です。'.repeat(300), /。$/],
])('it is cut %s', (_, text, end) => {
  expect(chunksOf(text)[0]).toMatch(end);
});

test('what stands at a cut is whole in one of the two chunks', () => {
  const secret = 'these few words belong together';
  for (let before = maxChunkLength - 60; before <= maxChunkLength; before++) {
    const chunks = chunksOf(`${'x'.repeat(before)} ${secret} ${'y'.repeat(2_000)}`);
    expect(chunks.some((chunk) => chunk.includes(secret))).toBe(true);
  }
  const beforeCut = chunksOf(`${'x'.repeat(maxChunkLength - 2)}😀${'x'.repeat(50)}`);
  expect(beforeCut[0]).toMatch(/^x+😀$/);
  const pairAtOverlap = chunksOf(
    `${'x'.repeat(maxChunkLength - overlapLength - 2)}😀${'x'.repeat(overlapLength + 50)}`,
  );
  expect(pairAtOverlap[1]).toMatch(/^x+$/);
});
