/** Text behind escapes of URLs, HTML, JSON and source code, one level, with its origins. */
import type { NormalizedText } from './normalized-text.ts';

const escapes =
  /%[0-9a-fA-F]{2}|&#x[0-9a-fA-F]{1,6};|&#[0-9]{1,7};|&(?:lt|gt|amp|quot|apos|nbsp);|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}/g;

/** A few occur in any link or page; whoever hides words needs more. */
const fewest = 4;

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ' };

function characterOf(sequence: string): string {
  if (sequence.startsWith('%') || sequence.startsWith('\\'))
    return String.fromCharCode(Number.parseInt(sequence.slice(sequence.startsWith('%') ? 1 : 2), 16));
  const code = sequence.startsWith('&#x')
    ? Number.parseInt(sequence.slice(3, -1), 16)
    : Number.parseInt(sequence.slice(2, -1), 10);
  if (sequence.startsWith('&#')) return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  return named[sequence.slice(1, -1)] ?? '';
}

/** Percent signs may stand for bytes of UTF-8: a run of them is decoded together. */
function utf8(bytes: string): string {
  const decoded = Buffer.from(bytes, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') ? bytes : decoded;
}

export function decodeEscapes(original: string): NormalizedText | undefined {
  escapes.lastIndex = 0;
  let count = 0;
  while (count < fewest && escapes.test(original)) count += 1;
  escapes.lastIndex = 0;
  if (count < fewest) return undefined;

  const pieces: string[] = [];
  const origins: number[] = [];
  let at = 0;
  const put = (text: string, from: number, everyOne: boolean) => {
    pieces.push(text);
    for (let unit = 0; unit < text.length; unit += 1) origins.push(everyOne ? from + unit : from);
  };
  let bytes = '';
  let bytesFrom = 0;
  const flush = () => {
    if (bytes !== '') put(utf8(bytes), bytesFrom, false);
    bytes = '';
  };
  for (const match of original.matchAll(escapes)) {
    const [sequence] = match;
    const character = characterOf(sequence);
    const high = sequence.startsWith('%') && character.charCodeAt(0) > 127;
    if (match.index > at || !high) flush();
    if (match.index > at) put(original.slice(at, match.index).replaceAll('+', ' '), at, true);
    if (high) {
      if (bytes === '') bytesFrom = match.index;
      bytes += character;
    } else put(character, match.index, false);
    at = match.index + sequence.length;
  }
  flush();
  put(original.slice(at).replaceAll('+', ' '), at, true);
  origins.push(original.length);
  return { text: pieces.join(''), origins: Int32Array.from(origins) };
}
