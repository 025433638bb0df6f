/** Text as the detector reads it, and where each of its UTF-16 units came from. */
import { confusables } from './confusables.ts';

export type NormalizedText = {
  readonly text: string;
  /** For each unit the offset in the original; one more for the end. Undefined where they are the same. */
  readonly origins: Int32Array | undefined;
};

/** One unit of input never becomes more than this: U+FDFA would become eighteen letters. */
const maximumExpansion = 4;

/** Zero-width and bidirectional controls, soft hyphens, variation selectors, and marks that are put over letters. */
function isInvisible(code: number): boolean {
  if (code < 0x300) return code === 0xad;
  if (code < 0x370) return true;
  if (code < 0x2000)
    return (
      (code >= 0x483 && code <= 0x489) ||
      (code >= 0x591 && code <= 0x5bd) ||
      (code >= 0x610 && code <= 0x61c) ||
      code === 0x640 ||
      (code >= 0x64b && code <= 0x65f) ||
      code === 0x670 ||
      (code >= 0x115f && code <= 0x1160) ||
      (code >= 0x17b4 && code <= 0x17b5) ||
      (code >= 0x180b && code <= 0x180f) ||
      (code >= 0x1ab0 && code <= 0x1aff) ||
      (code >= 0x1dc0 && code <= 0x1dff)
    );
  return (
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    (code >= 0x20d0 && code <= 0x20ff) ||
    (code >= 0x3099 && code <= 0x309a) ||
    code === 0x3164 ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    (code >= 0xfe20 && code <= 0xfe2f) ||
    code === 0xfeff ||
    code === 0xffa0 ||
    (code >= 0xfff9 && code <= 0xfffb) ||
    (code >= 0x1d165 && code <= 0x1d182) ||
    (code >= 0xe0100 && code <= 0xe01ef)
  );
}

/** Scripts with no Latin look-alikes, whose letters decomposition would only take apart. */
const isKeptAsItIs = (code: number): boolean =>
  (code >= 0x3040 && code <= 0x30ff) || (code >= 0x4e00 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3);

function fold(character: string): string {
  const lower = character.normalize('NFKD').toLowerCase();
  let folded = '';
  for (const part of lower) {
    const code = part.codePointAt(0) ?? 0;
    if (isInvisible(code)) continue;
    folded += confusables.get(part) ?? part;
    if (folded.length >= maximumExpansion) break;
  }
  return folded.slice(0, maximumExpansion);
}

/** Characters smuggled as tags, which no screen shows and which models read. */
const asTag = (code: number): number => (code >= 0xe0020 && code <= 0xe007e ? code - 0xe0000 : 0);

function foldAll(original: string): NormalizedText {
  const units = new Uint16Array(original.length * maximumExpansion);
  const origins = new Int32Array(original.length * maximumExpansion + 1);
  const known = new Map<number, string>();
  let length = 0;
  const put = (unit: number, origin: number) => {
    units[length] = unit;
    origins[length] = origin;
    length += 1;
  };
  for (let at = 0; at < original.length; ) {
    const code = original.codePointAt(at) ?? 0;
    const width = code > 0xffff ? 2 : 1;
    if (code < 0x80) put(code >= 65 && code <= 90 ? code + 32 : code, at);
    else if (isKeptAsItIs(code)) put(code, at);
    else if (asTag(code) > 0) put(asTag(code) | (asTag(code) >= 65 && asTag(code) <= 90 ? 32 : 0), at);
    else if (!isInvisible(code)) {
      let folded = known.get(code);
      if (folded === undefined) {
        folded = fold(String.fromCodePoint(code));
        known.set(code, folded);
      }
      for (let unit = 0; unit < folded.length; unit += 1) put(folded.charCodeAt(unit), at);
    }
    at += width;
  }
  origins[length] = original.length;
  return { text: Buffer.from(units.buffer, 0, length * 2).toString('utf16le'), origins: origins.slice(0, length + 1) };
}

const beyondAscii = /[^\0-\x7f]/;

/** NFKC, without what cannot be seen, look-alikes as the Latin letters that they imitate, lower case. */
export function normalizeText(original: string): NormalizedText {
  if (!beyondAscii.test(original)) return { text: original.toLowerCase(), origins: undefined };
  return foldAll(original);
}

/** Where a unit of the normalised text begins in the original. */
export const originOf = (normalized: NormalizedText, at: number): number =>
  normalized.origins === undefined ? at : (normalized.origins[at] ?? at);
