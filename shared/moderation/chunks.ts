/** Texts in pieces that a moderation model judges well. Pure. */

/**
 * In UTF-16 units. OpenAI asks for pieces of less than 2,000 characters, because what is short and unsafe is lost in what
 * is long and harmless: https://platform.openai.com/docs/guides/moderation
 */
export const maxChunkLength = 1_999;

/** What is unsafe only as a whole, and stands where a text is cut, is whole in one of the two pieces. */
export const overlapLength = 200;

/** Sentences longer than half a chunk are cut between words, and such words anywhere. */
const minChunkLength = Math.floor(maxChunkLength / 2);

const isSpace = (text: string, at: number): boolean => /\s/.test(text.charAt(at));
/** The last character of a sentence, of a line, or of one in a script that puts no space behind it. */
const endsSentence = (text: string, at: number): boolean =>
  /[\n。！？]/.test(text.charAt(at)) || (/[.!?…]/.test(text.charAt(at)) && isSpace(text, at + 1));

const splitsPair = (text: string, at: number): boolean =>
  /[\uDC00-\uDFFF]/.test(text.charAt(at)) && /[\uD800-\uDBFF]/.test(text.charAt(at - 1));

type Condition = (text: string, at: number) => boolean;

/** Behind the last character in [from, to) that fits; null where none does. */
function behindLast(text: string, from: number, to: number, fits: Condition): number | null {
  for (let at = to - 1; at >= from; at--) if (fits(text, at)) return at + 1;
  return null;
}

function endOf(text: string, start: number): number {
  const most = start + maxChunkLength;
  if (most >= text.length) return text.length;
  const least = start + minChunkLength;
  const boundary = behindLast(text, least, most, endsSentence) ?? behindLast(text, least, most, isSpace);
  return boundary ?? (splitsPair(text, most) ? most - 1 : most);
}

/** At the beginning of a word, where there is one. */
function nextStart(text: string, end: number): number {
  const from = end - overlapLength;
  for (let at = from; at < end; at++) if (isSpace(text, at - 1) && !isSpace(text, at)) return at;
  return splitsPair(text, from) ? from - 1 : from;
}

/** Each within the limit; every character is in one of them or, at a cut, in two. The text itself where it is short. */
export function chunksOf(text: string): readonly string[] {
  const chunks: string[] = [];
  for (let start = 0; ; ) {
    const end = endOf(text, start);
    chunks.push(text.slice(start, end));
    if (end === text.length) return chunks;
    start = nextStart(text, end);
  }
}
