import * as fc from 'fast-check';
import { entityKinds } from '../../../shared/redaction/entity.ts';
import { createRedactedParts, type RedactedPart } from '../../../shared/redaction/redacted-parts.ts';
import { createRedactor } from '../../../shared/redaction/redactor.ts';
import { inParts, lengths, pem, texts } from './fragments.ts';

function told(pieces: readonly string[]) {
  const next = createRedactedParts(createRedactor(entityKinds), entityKinds);
  const all: RedactedPart[] = [];
  let decided = 0;
  for (const [index, piece] of [...pieces, ''].entries()) {
    const found = next(piece, index === pieces.length);
    expect(found.decided).toBeGreaterThanOrEqual(decided);
    decided = found.decided;
    for (const part of found.parts) expect(part.end).toBeLessThanOrEqual(decided);
    all.push(...found.parts);
  }
  return { parts: all, decided };
}

test('every part is told once, in order, and is a part of the text, wherever it is cut', () => {
  fc.assert(
    fc.property(texts, lengths, (text, sizes) => {
      const { parts, decided } = told(inParts(text, sizes));
      let said = '';
      let at = 0;
      for (const part of parts) {
        expect(part.start).toBeGreaterThanOrEqual(at);
        expect(part.end).toBeGreaterThan(part.start);
        said += text.slice(at, part.start) + part.text;
        at = part.end;
      }
      expect(decided).toBe(text.length);
      expect(said + text.slice(at)).toBe(createRedactor(entityKinds).redact(text));
    }),
    { numRuns: 500 },
  );
});

test('what is swallowed is told while it comes, and its placeholder where it ends', () => {
  const { parts } = told(inParts(`before ${pem}\nafter`, [20]));
  expect(parts.length).toBeGreaterThan(3);
  expect(parts.slice(0, -1).every(({ text }) => text === '')).toBe(true);
  expect(parts.at(-1)?.text).toBe('[SECRET_1]');
  expect(parts.map(({ start }) => start).slice(1)).toEqual(parts.map(({ end }) => end).slice(0, -1));
});
