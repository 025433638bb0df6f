/** Linear in the text, whatever the text is (THREATS 10, I11). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRedactor } from '../../../shared/redaction/redactor.ts';
import type { OutputGuard } from '../../../shared/safety/output-guard.ts';
import { expectLinear, patternsIn } from '../../support/linear.ts';
import { chunk, done, frame } from '../../support/scripted-provider.ts';
import { guarded, moderating, redacting } from '../safety/streamed.ts';

const files = [
  ...['json-segments', 'replacing', 'text-leaf', 'response-texts'].map((file) => `answer-text/${file}.ts`),
  ...['windows', 'held-frames'].map((file) => `safety/${file}.ts`),
];
const patterns = files.flatMap((file) =>
  patternsIn(readFileSync(join(import.meta.dirname, '../../../shared', file), 'utf8')).map(
    (pattern) => [file, pattern] as const,
  ),
);

test('the patterns are found in their sources', () => {
  expect(patterns.length).toBeGreaterThan(8);
});

test.each(patterns)('%s: %s takes linear time', async (_, pattern) => {
  await expectLinear(pattern);
});

const restorer = createRedactor(['email']);
restorer.redact('grace@example.org');
const everything = (): OutputGuard => ({
  ...redacting(['secrets', 'email', 'credit_card', 'phone']),
  ...{ moderation: moderating(async () => 'cleared').moderation, restore: restorer },
});
const megabyte = 1_000_000;
const filled = (piece: string): string => piece.repeat(Math.ceil(megabyte / piece.length)).slice(0, megabyte);
const hostile: readonly (readonly [string, string])[] = [
  ['letters', filled('a')],
  ['addresses', filled('ada@example.com ')],
  ['placeholders', filled('[EMAIL_1]')],
  ['brackets', filled('[')],
  ['ends of sentences', filled('. ')],
  ['escapes', filled('\\u0061')],
  ['escaped addresses', filled('ada\\u0040example.com ')],
  ['backslashes', filled('\\')],
  ['quotation marks', filled('"')],
  ['digits', filled('1')],
  ['numbers', filled('4111111111111111,')],
  ['half escapes', filled('\\u00')],
];

// Less than half a second each on a slow machine, mostly; what is quadratic takes minutes.
describe.each(hostile)('a megabyte of %s', (_, text) => {
  test.each<[string, (piece: string) => object]>([
    ['text', (piece) => ({ content: piece })],
    ['tool arguments', (piece) => ({ tool_calls: [{ index: 0, function: { arguments: piece } }] })],
  ])('passes as %s, in one frame and in many, and in time', async (_name, delta) => {
    const many = Array.from({ length: 1_000 }, (_piece, index) => text.slice(index * 1_000, (index + 1) * 1_000));
    for (const pieces of [[text], many]) {
      const frames = [...pieces.map((piece) => frame(chunk(delta(piece)))), frame(chunk({}, 'stop')), done];
      const before = process.cpuUsage();
      const stream = await guarded(frames, everything());
      expect(process.cpuUsage(before).user / 1_000).toBeLessThan(10_000);
      expect(stream.text).toContain('[DONE]');
    }
  });
});
