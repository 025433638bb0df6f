/**
 * Strings found by a search against a model (GCG and its kin): a request in plain words, and on the same line scraps of markup whose brackets
 * do not match and whose punctuation no language puts together. Code has neither, incomplete code only open brackets.
 */
export type Suffix = { readonly start: number; readonly end: number };

/** After the first character, the second ones that prose, markup and code of the benign development texts put next to it. */
const ordinary: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '!': '"\'/=|',
    '"': "$'()*,-./:;<>?@[\\]^`{|}",
    '#': '!/',
    $: '({',
    '%': ')',
    "'": '")*,./:;<>@]`{}',
    '(': '!"#$\')*-./[\\`{',
    ')': '"\'(*,./:;?[\\]`}',
    '*': '"\'(,./:',
    '+': ')=',
    ',': '"\')',
    '-': '"$>',
    '.': '"\')*,/:;<[]|',
    '/': '"#$\'()*.>`{',
    ':': '"\'*-/=\\]{',
    '<': '-/=>',
    '=': '"$\'(>[\\{',
    '>': '"\'(),.;<=`|',
    '?': '").:',
    '[': '"\'-:]{',
    '\\': '"',
    ']': '"()*,.:;[`}',
    '`': '$(),-./:;',
    '{': '"\'\\}',
    '|': '"',
    '}': '"\'),-./:;<\\]`',
  }),
);

/** Of a longer line only its end. */
const longestLine = 1_200;
const leadWords = 5;
const oddPairs = 2;
const unmatched = 2;
/** Scraps have words between them; an expression that somebody asks about is one. */
const wordsBetween = 4;

const isPunctuation = (code: number): boolean =>
  (code > 32 && code < 48) ||
  (code > 57 && code < 65) ||
  (code > 90 && code < 97 && code !== 95) ||
  (code > 122 && code < 127);
const isLetter = (code: number): boolean => code >= 97 && code <= 122;

/** Where a line's first words in a row end, or -1 when it does not begin with so many. */
function endOfLead(text: string, start: number, end: number): number {
  let at = start;
  while (text.charCodeAt(at) === 32) at += 1;
  for (let word = 0; word < leadWords; word += 1) {
    if (!isLetter(text.charCodeAt(at))) return -1;
    while (isLetter(text.charCodeAt(at)) || text.charAt(at) === "'" || text.charAt(at) === '-') at += 1;
    if (',.:'.includes(text.charAt(at))) at += 1;
    if (text.charCodeAt(at) !== 32 || at >= end) return -1;
    at += 1;
  }
  return at;
}

const opening: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

function suffixOf(text: string, start: number, end: number): Suffix | undefined {
  const open: string[] = [];
  let mismatched = 0;
  let odd = 0;
  let words = 0;
  let first = -1;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (first >= 0 && isLetter(code) && isLetter(text.charCodeAt(at + 1)) && !isLetter(text.charCodeAt(at - 1)))
      words += 1;
    if (!isPunctuation(code)) continue;
    const character = text.charAt(at);
    const quoted = at > start && text.charCodeAt(at - 1) === text.charCodeAt(at + 1);
    if (quoted) continue;
    if ('([{'.includes(character)) open.push(character);
    else if (opening[character] !== undefined && open.length > 0) {
      if (open.at(-1) === opening[character]) open.pop();
      else mismatched += 1;
    }
    const next = text.charCodeAt(at + 1);
    if (
      at + 1 < end &&
      next !== code &&
      isPunctuation(next) &&
      !(ordinary.get(character) ?? '').includes(text.charAt(at + 1))
    ) {
      odd += 1;
      if (first < 0) first = at;
    }
  }
  return odd >= oddPairs && words >= wordsBetween && 2 * mismatched + open.length >= unmatched
    ? { start: first, end }
    : undefined;
}

/** Of a text that is normalised. */
export function findSuffixes(text: string): Suffix[] {
  const found: Suffix[] = [];
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const lead = endOfLead(text, start, end);
    const suffix = lead < 0 ? undefined : suffixOf(text, Math.max(lead, end - longestLine), end);
    if (suffix !== undefined) found.push(suffix);
    start = end + 1;
  }
  return found;
}
