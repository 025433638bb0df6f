/**
 * A text in pieces that a tokenizer is fast on. Its time grows with the square of an unbroken run (100,000 times "a" take
 * it 41 s), so no piece has a longer one than this, and a piece ends only where both encodings end a token whatever
 * stands around: the tokens of the pieces are those of the whole. Only a longer run is cut anywhere, which adds a token
 * or two at each cut. Of digits alone that is exact as well, since both encodings take them by threes.
 *
 * Unicode's own classes, as tiktoken's patterns have them: `\s` of JavaScript has U+FEFF in it and U+0085 not.
 */
const longestRun = 256;

/** A call of the tokenizer costs a microsecond or two. */
const pieceLength = 4_096;

type Run = 'letters' | 'digits' | 'space' | 'other';

/** Each is at most as long as a cut may be apart; 255 digits are whole threes. */
const runs = /(\p{L}{1,256})|(\p{N}{1,255})|(\p{White_Space}{1,256})|[^\p{L}\p{N}\p{White_Space}]{1,256}/gu;

const startsLikeLetters = /^['\p{M}]/u;
const endsLine = /[\r\n]$/;
const startsLine = /^[\r\n]/;

/** Do both encodings end a token between these two, whatever comes before and after? */
function isBoundary(before: Run, textBefore: string, after: Run, text: string): boolean {
  if (before === 'digits') return true;
  // Spaces before it may be parted from each other, by what comes after.
  if (before === 'space') return after !== 'space' && endsLine.test(textBefore) && !text.startsWith('/');
  if (after === 'digits') return true;
  // Punctuation takes the ends of lines behind it along.
  if (before === 'other') return after === 'space' && !startsLine.test(text);
  // `'s` and its like, and marks, may belong to the letters.
  return after === 'space' || (after === 'other' && !startsLikeLetters.test(text));
}

const runOf = ([, letters, digits, space]: RegExpExecArray): Run =>
  letters ? 'letters' : digits ? 'digits' : space ? 'space' : 'other';

export function* piecesOf(text: string, least = pieceLength): Generator<string> {
  if (text.length <= Math.min(longestRun, least)) {
    yield text;
    return;
  }
  let from = 0;
  let boundary = 0;
  let before: Run = 'digits';
  let textBefore = '';
  for (const match of text.matchAll(runs)) {
    const [run] = match;
    const kind = runOf(match as RegExpExecArray);
    const { index } = match;
    if (isBoundary(before, textBefore, kind, run)) {
      boundary = index;
      if (index - from >= least) {
        yield text.slice(from, index);
        from = index;
      }
    } else if (index + run.length - boundary > longestRun) {
      if (index > from) yield text.slice(from, index);
      from = index;
      boundary = index;
    }
    before = kind;
    textBefore = run;
  }
  yield text.slice(from);
}
