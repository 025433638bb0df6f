/**
 * The strings and long numbers of a text that is JSON, where they stand in it. A name that is given twice is there
 * twice: a parser would show the last of them only, and another parser might take the first.
 */
export type JsonLiteral = {
  readonly start: number;
  readonly end: number;
  /** Without quotes and escapes. */
  readonly text: string;
  readonly kind: 'name' | 'string' | 'number';
};

const code = (character: string): number => character.charCodeAt(0);
const quote = code('"');
const backslash = code('\\');
const colon = code(':');
const minus = code('-');

const isBlank = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39;
/** Of a number, after its first character. */
const goesOn = (unit: number): boolean =>
  isDigit(unit) || unit === 0x2e || unit === 0x2b || unit === minus || (unit | 0x20) === 0x65;

/** From here on a number may be somebody's: social security numbers have nine digits. */
const fewestDigits = 9;

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at + 1;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (goesOn(text.charCodeAt(at))) at++;
  return at;
}

function afterBlanks(text: string, start: number): number {
  let at = start;
  while (isBlank(text.charCodeAt(at))) at++;
  return at;
}

const unquoted = (raw: string): string => (raw.includes('\\') ? JSON.parse(raw) : raw.slice(1, -1));

/** The one that begins here, in JSON that is valid. */
export function jsonLiteralAt(text: string, start: number): JsonLiteral {
  if (text.charCodeAt(start) !== quote) {
    const end = endOfNumber(text, start);
    return { start, end, text: text.slice(start, end), kind: 'number' };
  }
  const end = endOfString(text, start);
  const kind = text.charCodeAt(afterBlanks(text, end)) === colon ? 'name' : 'string';
  return { start, end, text: unquoted(text.slice(start, end)), kind };
}

const brackets: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

function isJson(text: string): boolean {
  const first = text.charAt(afterBlanks(text, 0));
  if (!Object.hasOwn(brackets, first) || !text.trimEnd().endsWith(brackets[first] ?? '')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Null where the text is not a JSON object or list, or has more of them than that. */
export function jsonLiterals(text: string, most: number): readonly JsonLiteral[] | null {
  if (!isJson(text)) return null;
  const literals: JsonLiteral[] = [];
  let at = 0;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit !== quote && unit !== minus && !isDigit(unit)) {
      at++;
      continue;
    }
    const literal = jsonLiteralAt(text, at);
    at = literal.end;
    if (literal.kind === 'number' && literal.text.length < fewestDigits) continue;
    if (literals.length === most) return null;
    literals.push(literal);
  }
  return literals;
}

/** As JSON, and never longer than the literal that it takes the place of, if the text is not longer than its text was. */
export function jsonLiteralOf(text: string, before: string): string {
  // A lone surrogate takes more bytes as an escape than what it becomes in UTF-8.
  const literal = JSON.stringify(text.toWellFormed());
  return before.startsWith('"') || literal.length <= before.length ? literal : 'null';
}
