/** Words whose letters were pulled apart ("i g n o r e", "i.g.n.o.r.e") or replaced by digits ("1gn0r3"). */
import type { NormalizedText } from './normalized-text.ts';

const space = 32;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code > 0xbf && (code < 0x2000 || code > 0x2dff));
const isWord = (code: number): boolean => isLetter(code) || isDigit(code);
/** . - _ * | · / + ~ , */
const isSeparator = (code: number): boolean =>
  code === 46 ||
  code === 45 ||
  code === 95 ||
  code === 42 ||
  code === 124 ||
  code === 183 ||
  code === 47 ||
  code === 43 ||
  code === 126 ||
  code === 44;

const leet: ReadonlyMap<number, number> = new Map(
  [...'0o1i3e4a5s7t8b9g@a$s!i'].reduce<[number, number][]>((pairs, character, index, all) => {
    if (index % 2 === 0) pairs.push([character.charCodeAt(0), (all[index + 1] ?? '').charCodeAt(0)]);
    return pairs;
  }, []),
);

const leetInWord = /[a-z][013457@$!][a-z]|(?:^|[^a-z0-9])[013457@$!][a-z]/;
/** Longer runs are identifiers, digests or encodings. */
const longestWord = 24;

/** Where words spelt so are this common, numbers are words as well: "70" is "to". */
const commonShare = 0.25;
const longestNumber = 3;

/** As many units as before, so offsets stay. */
function unleet(text: string): string {
  if (!leetInWord.test(text)) return text;
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at += 1) units[at] = text.charCodeAt(at);
  const read = (from: number, to: number) => {
    for (let at = from; at < to; at += 1) units[at] = leet.get(units[at] ?? 0) ?? units[at] ?? 0;
  };
  const numbers: number[] = [];
  let words = 0;
  let spelt = 0;
  for (let at = 0; at < units.length; ) {
    const { end, letters, replaced } = wordFrom(units, at);
    const length = end - at;
    if (length > 0) words += 1;
    if (letters > 0 && replaced > 0 && length <= longestWord && (letters >= 2 || length <= 5)) {
      read(at, end);
      spelt += 1;
    } else if (letters === 0 && length > 0 && length <= longestNumber) numbers.push(at, end);
    at = Math.max(end, at + 1);
  }
  if (spelt >= words * commonShare)
    for (let index = 0; index < numbers.length; index += 2) read(numbers[index] ?? 0, numbers[index + 1] ?? 0);
  return Buffer.from(units.buffer).toString('utf16le');
}

function wordFrom(units: Uint16Array, start: number): { end: number; letters: number; replaced: number } {
  let end = start;
  let letters = 0;
  let replaced = 0;
  for (; end < units.length; end += 1) {
    const code = units[end] ?? 0;
    if (isLetter(code)) letters += 1;
    else if (leet.has(code)) {
      if (!isDigit(code) && !isLetter(units[end + 1] ?? 0)) break;
      replaced += 1;
    } else if (!isDigit(code)) break;
  }
  return { end, letters, replaced };
}

/** `units` are those that remain; undefined where it is arithmetic or a table rather than words. */
type Run = { readonly end: number; readonly units: number[] | undefined };

/** Letters one by one with the same separator between them; with spaces, a wider gap is what was a space. */
function spreadRun(text: string, start: number): Run | undefined {
  const separator = text.charCodeAt(start + 1);
  const spaced = separator === space;
  if (!spaced && !isSeparator(separator)) return undefined;
  const units = [start];
  let letters = isLetter(text.charCodeAt(start)) ? 1 : 0;
  let at = start;
  for (;;) {
    let next = at + 1;
    if (text.charCodeAt(next) !== separator) break;
    next += 1;
    let gap = -1;
    if (spaced && text.charCodeAt(next) === space) {
      gap = next;
      while (text.charCodeAt(next) === space && next - gap < 3) next += 1;
    }
    const code = text.charCodeAt(next);
    const accepted = spaced ? code > space : isWord(code);
    if (!accepted || (isWord(code) && isWord(text.charCodeAt(next + 1)))) break;
    if (gap >= 0) units.push(gap);
    units.push(next);
    if (isLetter(code)) letters += 1;
    at = next;
  }
  const enough = letters >= (spaced ? 5 : 3) && letters * 10 >= units.length * 6;
  return { end: at + 1, units: enough ? units : undefined };
}

const spread = /(?:^|[^a-z0-9])[a-z][ ._*|·/+~,-] {0,3}[a-z0-9][ ._*|·/+~,-] {0,3}[a-z0-9](?![a-z0-9])/;

/** Joins what was spread. */
function join(normalized: NormalizedText): NormalizedText {
  const { text } = normalized;
  if (!spread.test(text)) return normalized;
  const units = new Uint16Array(text.length);
  const origins = new Int32Array(text.length + 1);
  let length = 0;
  const put = (at: number) => {
    units[length] = text.charCodeAt(at);
    origins[length] = normalized.origins?.[at] ?? at;
    length += 1;
  };
  for (let at = 0; at < text.length; ) {
    const alone = isWord(text.charCodeAt(at)) && !(at > 0 && isWord(text.charCodeAt(at - 1)));
    const run = alone && !isWord(text.charCodeAt(at + 1)) ? spreadRun(text, at) : undefined;
    if (run === undefined) {
      put(at);
      at += 1;
    } else {
      if (run.units !== undefined) for (const unit of run.units) put(unit);
      else for (let unit = at; unit < run.end; unit += 1) put(unit);
      at = run.end;
    }
  }
  origins[length] = normalized.origins?.[text.length] ?? text.length;
  return { text: Buffer.from(units.buffer, 0, length * 2).toString('utf16le'), origins: origins.slice(0, length + 1) };
}

/** Spread letters joined, digits for letters read as letters. */
export function gatherLetters(normalized: NormalizedText): NormalizedText {
  const joined = join(normalized);
  const text = unleet(joined.text);
  return text === joined.text ? joined : { ...joined, text };
}
