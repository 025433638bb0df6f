/** Where a text is cut before it is tokenized: its tokens stay what they are (I11). */
import fc from 'fast-check';
import { encodingNames } from '../../../shared/tokens/encoding.ts';
import { piecesOf } from '../../../shared/tokens/pieces.ts';
import { corpus } from './corpus.ts';
import { reference } from './reference.ts';

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

/** Each of these stands otherwise to its neighbours in one encoding or the other. */
const characters = [
  ...['a', 'B', 'é', 'e\u0301', 'ǅ', 'ʰ', 'я', '我', 'ไ', '1', '٣', '½', '。', '!', '/', "'", "'s", "'LL", '_', '-'],
  ...[' ', '  ', '\n', '\r\n', '\t', '\u00a0', '\u0085', '\ufeff', '\u200b', '\u3000', '😀', '\u{1d49c}', '\ud800'],
  '<|endoftext|>',
];
/** Of a few characters only, so that runs get long. */
const runs = fc
  .subarray(characters, { minLength: 1 })
  .chain((some) => fc.array(fc.constantFrom(...some), { minLength: 10, maxLength: 60 }));
/** A digit parts runs for certain: none of these is so long that it would have to be cut. */
const texts = fc.array(runs, { minLength: 4, maxLength: 8 }).map((all) => all.map((run) => run.join('')).join('1'));
const longTexts = fc.array(runs, { minLength: 8, maxLength: 12 }).map((all) => all.flat().join(''));

describe.each(encodingNames)('with %s', (encoding) => {
  const count = reference(encoding);

  test('the tokens of the pieces are those of the whole, wherever it can be cut', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const pieces = [...piecesOf(text, 1)];
        expect(pieces.join('')).toBe(text);
        expect(sum(pieces.map(count))).toBe(count(text));
      }),
      { numRuns: 400 },
    );
  });

  test('where a run has to be cut, that makes a token or two of difference', () => {
    fc.assert(
      fc.property(longTexts, (text) => {
        const pieces = [...piecesOf(text)];
        expect(pieces.join('')).toBe(text);
        expect(Math.abs(sum(pieces.map(count)) - count(text))).toBeLessThanOrEqual(2 * (pieces.length - 1));
      }),
      { numRuns: 200 },
    );
  });

  test('the same holds of any characters that there are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 300, maxLength: 600 }), (text) => {
        expect(sum([...piecesOf(text, 1)].map(count))).toBe(count(text));
      }),
      { numRuns: 100 },
    );
  });

  test.each(Object.keys(corpus))('the same holds of %s', (name) => {
    const text = corpus[name] ?? '';
    expect(sum([...piecesOf(text, 1)].map(count))).toBe(count(text));
    expect(sum([...piecesOf(text)].map(count))).toBe(count(text));
  });
});

test.each(['a', '我', ' ', '\n', '!', '😀', '\u0301', "a'", 'a\u0301'])(
  'no piece of a long run of %j is long',
  (one) => {
    const text = one.repeat(5_000);
    const lengths = [...piecesOf(text)].map(({ length }) => length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(512);
    expect([...piecesOf(text)].join('')).toBe(text);
  },
);

test('digits without end are cut by threes, so that their count is exact', () => {
  const count = reference('o200k_base');
  const text = `a${'7'.repeat(2_000)}b`;
  expect(sum([...piecesOf(text)].map(count))).toBe(count(text));
});
