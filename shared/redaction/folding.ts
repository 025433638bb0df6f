/**
 * Text as it is meant to be read: without invisible characters, with full-width
 * letters and digits, odd spaces and odd hyphens as their ASCII counterparts.
 * Every character stays one, so that offsets can be taken back.
 */

const invisible = '\\u00ad\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\ufe00-\\ufe0f\\ufeff';
const hyphens = '\\u2010-\\u2013\\u2212';
const fullWidth = '\\uff01-\\uff5e';

/** What may stand within a word, besides ASCII and Latin letters, and is folded there. For a character class. */
export const foldedInWords = invisible + hyphens + fullWidth;

/** Spaces, as some group digits with. For a character class. */
const oddSpaces = '\\u00a0\\u2000-\\u200a\\u202f\\u205f\\u3000';

const invisibleCharacter = new RegExp(`[${invisible}]`);
const oddCharacter = new RegExp(`[${invisible}${hyphens}${fullWidth}${oddSpaces}]`);
const oddCharacters = new RegExp(`[${hyphens}${fullWidth}${oddSpaces}]`, 'g');

export type Folded = {
  readonly text: string;
  /** Where a character of `text` was; `offset(text.length)` is one past the last. */
  readonly offset: (at: number) => number;
};

const fullWidthOffset = 0xfee0;

function plain(character: string): string {
  const code = character.charCodeAt(0);
  if (code >= 0xff01) return String.fromCharCode(code - fullWidthOffset);
  return /[\u2010-\u2013\u2212]/.test(character) ? '-' : ' ';
}

const asItIs = (at: number): number => at;

export function fold(text: string): Folded {
  if (!oddCharacter.test(text)) return { text, offset: asItIs };
  const replaced = text.replace(oddCharacters, plain);
  if (!invisibleCharacter.test(replaced)) return { text: replaced, offset: asItIs };
  const offsets: number[] = [];
  let visible = '';
  for (let at = 0; at < replaced.length; at++) {
    const character = replaced.charAt(at);
    if (invisibleCharacter.test(character)) continue;
    visible += character;
    offsets.push(at);
  }
  offsets.push(replaced.length);
  return { text: visible, offset: (at) => offsets[at] ?? replaced.length };
}
