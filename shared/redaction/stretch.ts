/**
 * Where an entity may be, and how far one can reach. Text is read as atoms (runs of what keys, addresses and numbers are
 * made of) with gaps between them. A stretch is an atom with all that joins it: the groups of a number, the name of a
 * secret with its value, `phone:` with what follows. Whether two neighbours join is decided by the two and their gap
 * alone, so that detection can begin at any stretch without knowing what came before: that is what makes streams exact.
 */
import { fold, foldedInWords } from './folding.ts';
import { keyMarker } from './private-key.ts';

/** Longer runs are cut, at a sign where there is one. Half of it is more than any key has without a sign. */
export const maxStretchLength = 2_048;
const maxAtoms = 24;
const maxGapLength = 8;

const atomCharacters = `A-Za-z0-9_.+/=~@%:#&?!$*^\\-\\u00c0-\\u024f\\u0300-\\u036f${foldedInWords}`;

/** What an atom is to the one that follows it. */
export type Role =
  | 'word'
  | 'at'
  | 'number'
  | 'hint'
  | 'iban'
  | 'secret name'
  | 'secret assigned'
  | 'secret value'
  | 'quoted value'
  | 'scheme'
  | 'access key id';

const numberHints = new Set(
  (
    'phone phones tel telephone telefon telefono teléfono téléphone tél telefone mobile mobil móvil cell cellphone celular cel ' +
    'handy portable fax call calls ring text dial reach contact whatsapp sms ph desk office pager hotline answering messages registered ' +
    'number numbers card cards cc visa mastercard amex maestro ssn social security version ver v release build firmware'
  ).split(' '),
);
/** `phone_number`, `homePhone` */
const telephoneName = /(?:phone|mobile|fax)(?:_?(?:number|no))?$/i;
const fillers = new Set('me on at to is was no num number my our us the your : = - line security'.split(' '));
const afterNumbers = new Set('office fax mobile desk cell home work ext extension x'.split(' '));

/** Names whose values are secret, at the end of an atom. `key` alone must have a value that can be nothing else. */
const secretName =
  /(?:pass(?:word|wd|phrase|code)|passwort|contraseña|pwd|secret|token|credentials?|authorization|apikey|key)$/i;

const numberAtStart = /^[*_]{0,2}\+?\d/;
const ibanAtStart = /^(?:[^A-Za-z0-9]|[A-Za-z]{1,10}:)?[A-Za-z]{2}\d{2}[A-Za-z0-9]{0,30}$/;
const accessKeyId = /^(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}$/;
const wordOnly = /^[A-Za-z]+$/;

/** Without the punctuation around it. */
const bare = (atom: string): string => atom.replace(/^[*_#]{1,4}/, '').replace(/[.:#*_!?=-]{1,4}$/, '');

/** In digits with signs between them, which no letter and no decimal point precedes. */
function endsWithNumber(atom: string): boolean {
  let start = atom.length;
  while (start > 0 && /[\d.\-/]/.test(atom.charAt(start - 1))) start--;
  return /\d/.test(atom.charAt(start)) && !/[A-Za-z0-9]/.test(atom.charAt(start - 1));
}

/** `atom` is as it stands in the text. */
function roleOf(written: string): Role {
  const atom = wordOnly.test(written) || written.length > 256 ? written : fold(written).text;
  if (atom.length > 256) return 'word';
  const name = bare(atom);
  const lower = name.toLowerCase();
  if (numberHints.has(lower) || telephoneName.test(name)) return 'hint';
  if (lower === 'bearer' || lower === 'basic') return 'scheme';
  if (secretName.test(name)) return /[:=]$/.test(atom) || atom.startsWith('-') ? 'secret assigned' : 'secret name';
  if (wordOnly.test(atom)) return 'word';
  if (endsWithNumber(atom)) return 'number';
  if (ibanAtStart.test(atom)) return 'iban';
  if (accessKeyId.test(atom)) return 'access key id';
  return 'word';
}

const gap = (whole: RegExp, begun: RegExp) => ({ whole, begun });

const brackets = gap(/^\s{0,2}[[({]\s?$/, /^\s{0,2}[[({]?\s?$/);
/** What may be between an atom and one that joins it, and what that may begin with. */
const gaps: Readonly<Record<Role, { readonly whole: RegExp; readonly begun: RegExp } | null>> = {
  word: null,
  at: gap(/^\s?[\])}]\s{0,2}$/, /^\s?[\])}]?\s{0,2}$/),
  number: gap(/^(?:[\t ]{0,2}[()]?[\t ]?|, )$/, /^(?:[\t ]{0,2}[()]?[\t ]?|, ?)$/),
  hint: gap(/^[\s:"'`(|\\,>]{1,5}$/, /^[\s:"'`(|\\,>]{0,5}$/),
  iban: gap(/^ $/, /^ ?$/),
  'secret name': gap(/^[\s"'`\])\\>]{0,5}$/, /^[\s"'`\])\\>]{0,5}$/),
  'secret assigned': gap(/^[\s>]{0,4}\\?["'`]{0,3}[^\s"'`]{0,3}$/, /^[\s>]{0,4}\\?["'`]{0,3}[^\s"'`]{0,3}$/),
  'secret value': null,
  'quoted value': gap(/^[^\s"'`]{1,8}$/, /^[^\s"'`]{0,8}$/),
  scheme: gap(/^\s{1,3}$/, /^\s{0,3}$/),
  'access key id': gap(/^[\s",:;|'\\]{1,6}$/, /^[\s",:;|'\\]{0,6}$/),
};

/** What the joined atom is to the next one; null when it does not join. `between` is complete. */
function joined(role: Role, between: string, next: string): Role | null {
  const lower = next.length > 32 ? '' : bare(next).toLowerCase();
  if ((lower === 'at' || lower === 'dot') && brackets.whole.test(between)) return 'at';
  if (!gaps[role]?.whole.test(between) || next.endsWith(keyMarker)) return null;
  switch (role) {
    case 'word':
    case 'secret value':
      return null;
    case 'at':
      return 'word';
    case 'number':
      if (afterNumbers.has(lower)) return 'hint';
      return !between.startsWith(',') && numberAtStart.test(fold(next.slice(0, 16)).text) ? numbered(next) : null;
    case 'hint':
      if (numberAtStart.test(fold(next.slice(0, 16)).text)) return numbered(next);
      return fillers.has(next.toLowerCase()) || fillers.has(lower) || numberHints.has(lower) ? 'hint' : null;
    case 'iban':
      return /^[A-Za-z0-9]{1,8}[.,;:!?*]{0,2}$/.test(next) && /\d|^[A-Z]+$/.test(next) ? 'iban' : null;
    case 'secret name':
      if (between === '>') return 'secret value';
      if (/^[:=]/.test(next)) return /^[:=]+$/.test(next) ? 'secret assigned' : 'secret value';
      return /^(?:is|was|ist|es|est)$/.test(lower) ? 'secret assigned' : null;
    case 'secret assigned':
      if (lower === 'bearer' || lower === 'basic') return 'scheme';
      // `My key is password = …`: a name, not a value.
      if (secretName.test(bare(next))) return roleOf(next);
      // `apiKey: string = "…"`
      if (/^(?::?=+|string|str)$/i.test(next)) return 'secret assigned';
      return /["'`]/.test(between) ? 'quoted value' : 'secret value';
    case 'quoted value':
      return 'quoted value';
    case 'scheme':
      return 'secret value';
    case 'access key id':
      return roleOf(next);
  }
}

/** A number goes on only where it ends with a digit. */
const numbered = (atom: string): Role => (roleOf(atom) === 'number' ? 'number' : 'word');

/** Could an atom of that role be joined across a gap that begins so? Also by `[at]`, which may follow anything. */
const couldJoin = (role: Role, begun: string): boolean =>
  brackets.begun.test(begun) || (gaps[role]?.begun.test(begun) ?? false);

/** An escape of JSON is a gap of two characters: `\nsk-…` is a key on a line of its own. Else an atom. */
const escapeOrAtom = new RegExp(`\\\\(?:[\\\\nrtbf"'/]|$)|[${atomCharacters}]{1,${maxStretchLength}}`, 'g');
const atomCharacter = new RegExp(`[${atomCharacters}]`);
const sign = /[^A-Za-z0-9_-]/;

export type Atom = { readonly start: number; readonly end: number; readonly cut: boolean };

/** The next atom from an offset on that is a boundary of atoms. */
export function nextAtom(text: string, from: number): Atom | null {
  escapeOrAtom.lastIndex = from;
  for (let match = escapeOrAtom.exec(text); match; match = escapeOrAtom.exec(text)) {
    if (match[0].charCodeAt(0) === 0x5c) continue;
    const start = match.index;
    const end = start + match[0].length;
    if (match[0].length < maxStretchLength || !atomCharacter.test(text.charAt(end))) return { start, end, cut: false };
    for (let at = end - 1; at > start + maxStretchLength / 2; at--) {
      if (sign.test(text.charAt(at))) return { start, end: at, cut: true };
    }
    return { start, end, cut: true };
  }
  return null;
}

export type Stretch = {
  readonly start: number;
  readonly end: number;
  /** It was cut for its length: what a secret at its end began with may go on. */
  readonly cut: boolean;
  /** One word that nothing joins and that has no sign of anything. */
  readonly plain: boolean;
};

const telling = /[\d@=:\uff01-\uff5e]|^.{16}/;

/** Most words are followed by a word, which this finds sooner than a pattern does. */
function bracketMayFollow(text: string, end: number): boolean {
  let at = end;
  while (at < end + 2 && /\s/.test(text.charAt(at))) at++;
  return at >= text.length || '[({'.includes(text.charAt(at));
}

/** The stretch that begins with an atom; null when what follows `text` may still change it. */
export function stretchFrom(text: string, first: Atom, atEnd: boolean): Stretch | null {
  if (first.end === text.length && !atEnd) return null;
  const atom = text.slice(first.start, first.end);
  let role = roleOf(atom);
  let last = first;
  for (let atoms = 1; atoms < maxAtoms && !last.cut; atoms++) {
    if (role === 'word' && !bracketMayFollow(text, last.end)) break;
    const next = nextAtom(text, last.end);
    const between = fold(text.slice(last.end, Math.min(next?.start ?? text.length, last.end + maxGapLength + 1))).text;
    if (between.length > maxGapLength) break;
    if (!next || (next.end === text.length && !next.cut)) {
      if (!atEnd && couldJoin(role, between)) return null;
      if (!next) break;
    }
    if (next.end - first.start > maxStretchLength) break;
    const following = joined(role, between, text.slice(next.start, next.end));
    if (following === null) break;
    role = following;
    last = next;
  }
  const plain = last === first && role === 'word' && !telling.test(atom);
  return { start: first.start, end: last.end, cut: last.cut, plain };
}
