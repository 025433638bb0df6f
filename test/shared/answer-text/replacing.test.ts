import fc from 'fast-check';
import { createJsonSegments, plainSegments } from '../../../shared/answer-text/json-segments.ts';
import { continued, createReplacing, type Replacement, type Replacer } from '../../../shared/answer-text/replacing.ts';
import { rewritten } from '../../../shared/answer-text/segment.ts';

/** Replaces every run of x, which it knows when it has ended. */
function crossing(): Replacer {
  let held = '';
  let offset = 0;
  return (text, last) => {
    held += text;
    const decided = last ? held.length : held.length - (/x+$/.exec(held)?.[0].length ?? 0);
    const replacements: Replacement[] = [...held.slice(0, decided).matchAll(/x+/g)].map(({ 0: found, index }) => ({
      start: offset + index,
      end: offset + index + found.length,
      text: '<"y">',
    }));
    offset += decided;
    held = held.slice(decided);
    return { decided: offset, replacements };
  };
}

const inPieces = (pieces: readonly string[], json: boolean): string => {
  const segments = json ? createJsonSegments() : plainSegments;
  const replacing = createReplacing(crossing());
  return [
    ...pieces.flatMap((piece) => replacing.push(segments.push(piece))),
    ...replacing.push(segments.end()),
    ...replacing.end(),
  ]
    .map(rewritten)
    .join('');
};

const cut = (text: string, cuts: readonly number[]): string[] => {
  const ends = [...new Set(cuts.map((at) => at % (text.length + 1))), text.length].sort((a, b) => a - b);
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
};
const letters = fc.string({ unit: fc.constantFrom('x', 'x', 'a', '"', '\\', 'é', '😀', '\n'), maxLength: 20 });
const cuts = fc.array(fc.nat(200), { maxLength: 20 });

test('a text that is replaced in pieces is what it is as a whole', () => {
  fc.assert(
    fc.property(letters, cuts, (text, at) => {
      expect(inPieces(cut(text, at), false)).toBe(text.replace(/x+/g, '<"y">'));
    }),
  );
});

test('JSON in which something is replaced stays JSON, with everything replaced in its strings and its numbers', () => {
  const value = fc.oneof(letters, fc.boolean(), fc.array(letters), fc.dictionary(letters, letters));
  fc.assert(
    fc.property(value, cuts, (anything, at) => {
      const text = JSON.stringify(anything).replaceAll('x', () => '\\u0078');
      const expected = JSON.stringify(anything).replace(/x+/g, '<\\"y\\">');
      expect(JSON.parse(inPieces(cut(text, at), true))).toEqual(JSON.parse(expected));
    }),
  );
});

test('what reaches over signs of JSON leaves them where they are', () => {
  const replacer: Replacer = (_, last) => ({
    decided: last ? 16 : 0,
    replacements: last ? [{ start: 2, end: 11, text: 'y' }] : [],
  });
  const segments = createJsonSegments();
  const replacing = createReplacing(replacer);
  const written = [...replacing.push(segments.push('{"ab":12,"cd":3}')), ...replacing.end()].map(rewritten).join('');
  expect(JSON.parse(written)).toEqual({ y: '', d: 3 });
});

test('what goes on after its end is replaced from there on, where what has left belongs to it', () => {
  const replacing = createReplacing(continued(crossing(), 'axx'));
  const said = ['x', 'b', 'xx'].flatMap((piece) => replacing.push(plainSegments.push(piece)));
  expect([...said, ...replacing.end()].map(rewritten).join('')).toBe('<"y">b<"y">');
});
