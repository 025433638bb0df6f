import fc from 'fast-check';
import { rangesOf, seamsOf } from '../../../shared/safety/seams.ts';

const textsOf = (pieces: readonly string[], reach: number, between: '' | ' ' = ''): string[] =>
  seamsOf(pieces, reach, between).map(({ text }) => text);

test.each<[string, string[], number, string[]]>([
  ['nothing has no seams', [], 3, []],
  ['one piece has none', ['abc'], 3, []],
  ['two pieces meet once', ['abcdef', 'ghijkl'], 3, ['defghi']],
  ['a long piece between keeps its seams apart', ['abc', 'defghijkl', 'mno'], 3, ['abcdef', 'jklmno']],
  ['a short piece belongs to both of its seams', ['abc', 'def', 'ghi'], 3, ['abcdefghi']],
  ['empty pieces are none', ['', 'abc', '', 'def', ''], 3, ['abcdef']],
  ['tiny pieces are read as a whole', [...'abcdefgh'], 3, ['abcdefgh']],
])('%s', (_, pieces, reach, expected) => {
  expect(textsOf(pieces, reach)).toEqual(expected);
});

test('they can be read with a space between them', () => {
  expect(textsOf(['ab', 'cd'], 3, ' ')).toEqual(['ab cd']);
});

const pieces = fc.array(fc.string({ maxLength: 9 }), { maxLength: 12 });
const reach = fc.integer({ min: 1, max: 6 });

test('whatever was cut is whole at a seam, if it does not reach further', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, maxLength: 9 }), { minLength: 2 }),
      reach,
      fc.nat(),
      (cut, reach, at) => {
        const whole = cut.join('');
        const seam = cut.slice(0, 1 + (at % (cut.length - 1))).join('').length;
        const around = whole.slice(Math.max(0, seam - reach), seam + reach);
        expect(textsOf(cut, reach).some((text) => text.includes(around))).toBe(true);
      },
    ),
  );
});

test('no character is in more than two of them', () => {
  fc.assert(
    fc.property(pieces, reach, (cut, reach) => {
      expect(textsOf(cut, reach).join('').length).toBeLessThanOrEqual(2 * cut.join('').length);
    }),
  );
});

test('every range is found again in the pieces that it came from', () => {
  fc.assert(
    fc.property(
      pieces,
      reach,
      fc.constantFrom('' as const, ' ' as const),
      fc.nat(),
      fc.nat(),
      (cut, reach, between, one, other) => {
        for (const seam of seamsOf(cut, reach, between)) {
          const [start = 0, end = 0] = [one % seam.text.length, other % (seam.text.length + 1)].sort((a, b) => a - b);
          fc.pre(end > start);
          const ranges = [...rangesOf(seam, cut, { start, end })];
          const found = ranges.map(([piece, range]) => cut[piece]?.slice(range.start, range.end)).join('');
          expect(found.replaceAll(' ', '')).toBe(seam.text.slice(start, end).replaceAll(' ', ''));
          if (between === '') expect(seam.crosses(start, end)).toBe(ranges.length > 1);
        }
      },
    ),
  );
});
