/** Words of a text, with what rules need to know of each. */
import type { Vocabulary } from './vocabulary.ts';

export type Tokens = {
  readonly count: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly ids: Int32Array;
  /** How many sentences ended before it. */
  readonly sentences: Int32Array;
};

const apostrophe = 39;
const newline = 10;
const fullStop = 46;

const isIdeograph = (code: number): boolean => (code >= 0x3040 && code <= 0x30ff) || (code >= 0x3400 && code <= 0x9fff);

function isWordUnit(code: number): boolean {
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
  if (code < 0xc0) return false;
  return !((code >= 0x2000 && code <= 0x2dff) || (code >= 0x3000 && code <= 0x303f) || code >= 0xd800);
}

/** How many sentences apart two paragraphs are, for what may reach from one sentence into the next. */
const paragraph = 4;

/** . ! ? ; { } and what stands for them elsewhere */
const endsSentence = (code: number): boolean =>
  code === 46 ||
  code === 33 ||
  code === 63 ||
  code === 59 ||
  code === 123 ||
  code === 125 ||
  code === 0x3002 ||
  code === 0x964 ||
  code === 0x61f;

/** Of a text that is normalised. */
export function tokenize(text: string, vocabulary: Vocabulary): Tokens {
  const most = text.length + 1;
  const capacity = Math.min(most, 1 + (most >>> 1) + ideographs(text));
  const starts = new Int32Array(capacity);
  const ends = new Int32Array(capacity);
  const ids = new Int32Array(capacity);
  const sentences = new Int32Array(capacity);
  let count = 0;
  let sentence = 0;
  let newlines = 0;
  const put = (start: number, end: number, id: number) => {
    starts[count] = start;
    ends[count] = end;
    ids[count] = id;
    sentences[count] = sentence;
    count += 1;
    newlines = 0;
  };
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (isIdeograph(code)) {
      const { id, length } = vocabulary.longestAt(text, at);
      put(at, at + length, id);
      at += length;
    } else if (isWordUnit(code)) {
      let end = at + 1;
      let apostrophes = 0;
      for (; end < text.length; end += 1) {
        const unit = text.charCodeAt(end);
        if (unit === apostrophe && isWordUnit(text.charCodeAt(end + 1))) apostrophes += 1;
        else if (!isWordUnit(unit) || isIdeograph(unit)) break;
      }
      put(at, end, end - at > longestWord ? 0 : vocabulary.idOf(wordAt(text, at, end, apostrophes)));
      at = end;
    } else {
      if (code === newline) {
        newlines += 1;
        if (newlines === 2) sentence += paragraph;
      } else if (endsSentence(code) && !(code === fullStop && isWordUnit(text.charCodeAt(at + 1)))) sentence += 1;
      at += 1;
    }
  }
  return { count, starts, ends, ids, sentences };
}

const longestWord = 32;

function wordAt(text: string, start: number, end: number, apostrophes: number): string {
  const word = text.slice(start, end);
  return apostrophes === 0 ? word : word.replaceAll("'", '');
}

function ideographs(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) if (isIdeograph(text.charCodeAt(at))) count += 1;
  return count;
}
