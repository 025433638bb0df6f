import fc from 'fast-check';
import { createJsonSegments } from '../../../shared/answer-text/json-segments.ts';
import { rewritten, type Segment, textOf } from '../../../shared/answer-text/segment.ts';

const segmentsOf = (...pieces: string[]): Segment[] => {
  const json = createJsonSegments();
  return [...pieces.flatMap((piece) => json.push(piece)), ...json.end()];
};

const anyPieces = fc.array(
  fc.string({
    unit: fc.constantFrom('"', '\\', 'u', '0', '0', '4', '1', 'n', 'a', '{', ':', ',', ' ', '-', '😀', 'é'),
  }),
);

test('segments are what was written, whether or not it is JSON, wherever it is cut', () => {
  fc.assert(
    fc.property(anyPieces, (pieces) => {
      expect(
        segmentsOf(...pieces)
          .map(({ written }) => written)
          .join(''),
      ).toBe(pieces.join(''));
      expect(
        segmentsOf(...pieces)
          .map(rewritten)
          .join(''),
      ).toBe(pieces.join(''));
    }),
  );
});

test('it says the same wherever it is cut', () => {
  fc.assert(
    fc.property(anyPieces, (pieces) => {
      expect(textOf(segmentsOf(...pieces))).toBe(textOf(segmentsOf(pieces.join(''))));
    }),
  );
});

test('strings say what JSON says that they say', () => {
  const strange = fc.string({
    unit: fc.constantFrom('"', '\\', '/', '\n', '\t', '\b', 'é', '😀', '\ud83d', '\u2028', 'u0041'),
  });
  fc.assert(
    fc.property(strange, fc.boolean(), (value, escapes) => {
      const json = JSON.stringify(value);
      const written = escapes
        ? json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        : json;
      expect(textOf(segmentsOf(written))).toBe(`"${value}"`);
    }),
  );
});

test('numbers and literals come in one piece, and signs by themselves', () => {
  expect(segmentsOf('{"a":[-1.5', 'e3,tr', 'ue]}').map(({ form, written }) => [form, written])).toEqual([
    ['structure', '{'],
    ['structure', '"'],
    ['string', 'a'],
    ['structure', '"'],
    ['structure', ':['],
    ['token', '-1.5e3'],
    ['structure', ','],
    ['token', 'true'],
    ['structure', ']}'],
  ]);
});

test('what has no end is not waited for', () => {
  const json = createJsonSegments();
  expect(textOf(json.push('1'.repeat(10_000))).length).toBeGreaterThan(9_000);
  expect(textOf(json.push('"\\'))).not.toContain('\\');
  expect(textOf(json.end())).toBe('\\');
});
