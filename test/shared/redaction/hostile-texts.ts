/** Redacts a megabyte of each of these as a whole, and a quarter of one in parts, and writes how long that took. */
import { entityKinds } from '../../../shared/redaction/entity.ts';
import { createRedactedParts } from '../../../shared/redaction/redacted-parts.ts';
import { createRedactor } from '../../../shared/redaction/redactor.ts';
import { inParts } from './fragments.ts';

const megabyte = 1_000_000;
const filled = (piece: string, length: number): string =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

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

export type Redacted = { readonly piece: string; readonly wholeMs: number; readonly inPartsMs: number };

function userMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return process.cpuUsage(before).user / 1_000;
}

const redacted = hostile.map(
  (piece): Redacted => ({
    piece,
    wholeMs: userMs(() => createRedactor(entityKinds).redact(filled(piece, megabyte))),
    inPartsMs: userMs(() => {
      const partsOf = createRedactedParts(createRedactor(entityKinds), entityKinds);
      for (const part of inParts(filled(piece, megabyte / 4), [4_099])) partsOf(part, false);
      partsOf('', true);
    }),
  }),
);
process.stdout.write(JSON.stringify(redacted));
