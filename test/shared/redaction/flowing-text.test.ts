import * as fc from 'fast-check';
import { maxEntityLength } from '../../../shared/redaction/entities.ts';
import { entityKinds } from '../../../shared/redaction/entity.ts';
import { createRedactedParts } from '../../../shared/redaction/redacted-parts.ts';
import { createRedactor } from '../../../shared/redaction/redactor.ts';
import { flowingText } from './flowing-text.ts';
import { inParts, lengths, pem, texts } from './fragments.ts';

const whole = (text: string): string => createRedactor(entityKinds).redact(text);

function streamed(parts: readonly string[]): string {
  const redaction = flowingText(createRedactor(entityKinds), entityKinds);
  return parts.map(redaction.push).join('') + redaction.end();
}

const canary = 'sk-proj-abcdefghijklmnop1234567890';

describe('a text that flows', () => {
  test('is redacted as the whole text is, wherever it is cut (THREATS 12)', () => {
    fc.assert(
      fc.property(texts, lengths, (text, sizes) => {
        expect(streamed(inParts(text, sizes))).toBe(whole(text));
      }),
      { numRuns: 1_500 },
    );
  });

  test.each([
    ['in prose', `The key 😀é is ${canary}, keep it 中文.`],
    ['beside characters of several bytes', `😀${canary}😀`],
    ['in the arguments of a tool', `{"note":"line\\n${canary}\\n","key":"${canary}"}`],
    ['in arguments within arguments', `{\\"key\\": \\"${canary}\\"}`],
  ])('has no key %s left, at whatever two places it is cut', (_, text) => {
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second += 3) {
        const parts = [text.slice(0, first), text.slice(first, second), text.slice(second)];
        expect(streamed(parts)).toBe(text.replaceAll(canary, '[SECRET_1]'));
      }
    }
  });

  test.each([
    ['whole', `${pem}\n`, '[SECRET_1]\n'],
    ['of which the end is missing', pem.slice(0, 150), '[SECRET_1]'],
    ['within JSON', `{"private_key":"${pem.replaceAll('\n', '\\n')}"}`, '{"private_key":"[SECRET_1]"}'],
    ['that breaks off within JSON', `{"a":"${pem.slice(0, 150).replaceAll('\n', '\\n')}"}`, '{"a":"[SECRET_1]"}'],
    ['that prose follows', `${pem.slice(0, 161)}\n\nThat was it.`, undefined],
  ])('has nothing of a private key %s left', (_, text, expected) => {
    for (const size of [1, 2, 3, 7, 64, 1_000]) {
      const redacted = streamed(inParts(text, [size]));
      if (expected !== undefined) expect(redacted).toBe(expected);
      expect(redacted).not.toMatch(/MII|MzEf|uYEvu/);
    }
  });

  test.each([
    ['key', `-----BEGIN PRIVATE KEY-----\n${`${'Ab3/'.repeat(16)}\n`.repeat(2_000)}-----END PRIVATE KEY-----`],
    ['token', `eyJ${'hbGciOi1'.repeat(2_000)}.eyJ${'zdWIiOi1'.repeat(9_000)}.${'c2lnbmF0'.repeat(50)}`],
  ])('swallows a %s that is longer than it could hold', (_, secret) => {
    const redacted = streamed(inParts(`before ${secret} after`, [997]));
    expect(redacted).toMatch(/^before .* after$/s);
    expect(redacted.length).toBeLessThan(100);
  });

  test('leaves prose with the last word, and holds no more than its bound of anything', () => {
    const decided = (text: string): number =>
      createRedactedParts(createRedactor(entityKinds), entityKinds)(text, false).decided;
    const prose = 'It was the best of times, it was the worst of times; ';
    for (let to = 1; to < prose.length; to++) {
      const lastWord = prose.slice(0, to).search(/\S*\s?$/);
      expect(decided(prose.slice(0, to))).toBeGreaterThanOrEqual(lastWord);
    }
    fc.assert(fc.property(texts, (text) => expect(text.length - decided(text)).toBeLessThanOrEqual(maxEntityLength)));
  });
});
