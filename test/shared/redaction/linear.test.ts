/** Linear in the text, whatever the text is (THREATS 10, I11). */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { entityKinds } from '../../../shared/redaction/entities.ts';
import { createRedactor } from '../../../shared/redaction/redactor.ts';
import { keyFormats } from '../../../shared/redaction/secret-formats.ts';
import { createTextRedaction } from '../../../shared/redaction/text-redaction.ts';
import { patternsIn } from '../../support/linear.ts';
import { inParts } from './fragments.ts';

const folder = join(import.meta.dirname, '../../../shared/redaction');
const patterns = readdirSync(folder).flatMap((file) =>
  patternsIn(readFileSync(join(folder, file), 'utf8')).map((pattern) => [file, pattern] as const),
);

test('the patterns are found in the source', () => {
  expect(patterns.length).toBeGreaterThan(100);
});

/** Long counts take `recheck` minutes to unroll; what makes a pattern slow is what is repeated, not how often at least. */
const shortened = (source: string): string =>
  source.replace(/\{(\d+)(,?)(\d*)\}/g, (_, least: string, comma: string, most: string) => {
    const short = (count: string): string => (count === '' ? '' : `${Math.min(Number(count), 4)}`);
    return `{${short(least)}${comma}${short(most)}}`;
  });

test('every pattern takes linear time', async () => {
  const keys = keyFormats.map((format) => [`(?<![A-Za-z0-9])(?:${shortened(format)})`, 'g']);
  const others = patterns.map(([, { source, flags }]) => [shortened(source), flags]);
  const checking = promisify(execFile)(process.execPath, [join(import.meta.dirname, 'check-patterns.ts')]);
  checking.child.stdin?.end(JSON.stringify([...keys, ...others]));
  expect(JSON.parse((await checking).stdout)).toEqual([]);
}, 300_000);

const megabyte = 1_000_000;
const filled = (piece: string): string => piece.repeat(Math.ceil(megabyte / piece.length)).slice(0, megabyte);

const hostile = [
  'a',
  '1',
  '1 ',
  '(1)',
  'x5 ',
  '@',
  'a@a.',
  '://a:',
  '://a:b@',
  'password=',
  '"password":"',
  'password is ',
  'token:1',
  'token="a1',
  'Bearer a1b2c3d4e5f6g7h8',
  'eyJ.',
  '-eyJaaaaaaaaaaaa',
  '-----BEGIN ',
  '-----BEGIN RSA PRIVATE KEY-----',
  '-----BEGIN RSA PRIVATE KEY-----AAAAaaaa1111BBBBbbbb2222CCCC\n',
  'call me ',
  'phone: 1',
  '+1 604 696 5272 ',
  '4111 ',
  'GB82 ',
  '1.1.1.1.',
  '::',
  '\\',
  ' [at] ',
  'a (at) b (dot) ',
  '\u200b',
  '４',
  '中',
  '\ud800',
  'AccountKey=',
  '[EMAIL_1]',
];

// The slowest takes two thirds of a second of a slow machine; anything quadratic takes minutes.
test.each(hostile)('a megabyte of %j is redacted, whole and streamed, and in time', (piece) => {
  const text = filled(piece);
  const before = process.cpuUsage();
  const whole = createRedactor(entityKinds).redact(text);
  const { user } = process.cpuUsage(before);
  expect(user / 1_000).toBeLessThan(5_000);

  const redaction = createTextRedaction(createRedactor(entityKinds), entityKinds);
  const streamed = inParts(text, [4_099]).map(redaction.push).join('') + redaction.end();
  expect(streamed === whole).toBe(true);
});
