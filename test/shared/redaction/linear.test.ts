/** Linear in the text, whatever the text is (THREATS 10, I11). */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { keyFormats } from '../../../shared/redaction/secret-formats.ts';
import type { SlowPattern } from '../../support/check-patterns.ts';
import { patternsIn, slowPatterns } from '../../support/linear.ts';
import { inOwnProcess } from '../../support/own-process.ts';
import type { Redacted } from './hostile-texts.ts';

const patterns = patternsIn(globSync(join(import.meta.dirname, '../../../shared/redaction/*.ts')));

let slow: readonly SlowPattern[];
let redacted: readonly Redacted[];

beforeAll(async () => {
  const hostile = inOwnProcess<Redacted[]>(join(import.meta.dirname, 'hostile-texts.ts'));
  [slow, redacted] = await Promise.all([slowPatterns(patterns), hostile]);
}, 120_000);

test('every pattern takes linear time', () => {
  expect(patterns.length).toBeGreaterThan(100);
  expect(slow).toEqual([]);
});

// Then a try takes a bounded number of steps, or else it succeeds and takes away what it has read: linear without further proof.
test.each(keyFormats)('nothing in the format %s is repeated without bound, but a run at its end', (format) => {
  const bounded = String.raw`(?:\[[^\]]*\]|\\.|[^*+{[\\]|\{\d+(?:,\d+)?\})*`;
  const run = String.raw`\[[^\]]*\]\{\d+,\}(?:=\{0,2\})?`;
  expect(format).toMatch(new RegExp(`^${bounded}(?:${run})?$`));
});

test('hostile texts are redacted, whole and in parts, and in time', () => {
  expect(redacted.length).toBeGreaterThan(30);
  // The slowest takes half a second of a slow machine; anything quadratic takes minutes.
  expect(redacted.filter(({ wholeMs, inPartsMs }) => wholeMs > 20_000 || inPartsMs > 20_000)).toEqual([]);
});
