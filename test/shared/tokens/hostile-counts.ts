/** Counts texts that tokenizers are slow on, in a process of its own; writes how long each has taken for a megabyte and for an eighth of it. */
import { encodingNames } from '../../../shared/tokens/encoding.ts';
import { createTokenizers } from '../../../shared/tokens/tokenizer.ts';
import { hostileTexts } from '../../support/hostile-texts.ts';

export type Counted = {
  readonly name: string;
  readonly tokens: number;
  readonly userMs: number;
  readonly eighthMs: number;
};

const megabyte = 1_000_000;
const random = Array.from({ length: megabyte / 2 }, (_, at) => String.fromCharCode((at * 2_654_435_761) % 251)).join(
  '',
);
const filled = (piece: string): string => piece.repeat(Math.ceil(megabyte / Buffer.byteLength(piece)));

const texts: Readonly<Record<string, string>> = {
  ...hostileTexts,
  spaces: filled(' '),
  ideographs: filled('我'),
  'ideographs and their full stops': filled('我们都是人。'),
  emoji: filled('😀'),
  families: filled('👩‍👩‍👧‍👦'),
  digits: filled('1234567890'),
  punctuation: filled('!@#$%^&*()-=+[]{};:,.<>?'),
  'one mark': filled('!'),
  apostrophes: filled("a'"),
  thai: filled('ภาษาไทย'),
  'capital letters': filled('A'),
  'letters of both cases': filled('aA'),
  'spaces before line ends': filled('    \n'),
  'bytes at random': random,
};

const tokenizers = createTokenizers();

function timed(count: () => number): { readonly tokens: number; readonly userMs: number } {
  const before = process.cpuUsage();
  const tokens = count();
  return { tokens, userMs: process.cpuUsage(before).user / 1_000 };
}

const counted: Counted[] = [];
for (const encoding of encodingNames) {
  const { count } = await tokenizers(encoding);
  for (const [name, text] of Object.entries(texts)) {
    const { userMs: eighthMs } = timed(() => count(text.slice(0, text.length / 8)));
    counted.push({ name: `${name}, with ${encoding}`, eighthMs, ...timed(() => count(text)) });
  }
}
process.stdout.write(JSON.stringify(counted));
