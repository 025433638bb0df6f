/** Keys, tokens and passwords: by their format, by the address or header that they are in, by the name that they are given. */
import type { Span } from './entity.ts';
import { azureSecrets, knownKeys, secretAddresses, webTokens } from './secret-formats.ts';
import { isMadeUp, isPassword, isToken } from './secret-value.ts';

const least = 6;

export function secrets(text: string): Span[] {
  if (text.length < least) return [];
  return text.length < 16
    ? [...namedSecrets(text), ...passwordsInAddresses(text)]
    : [...inFormat(text), ...passwordsInAddresses(text), ...authorizations(text), ...namedSecrets(text)];
}

function inFormat(text: string): Span[] {
  const found: Span[] = [];
  const take = (start: number, value: string, certain: boolean): void => {
    if (certain && !isMadeUp(value)) found.push({ start, end: start + value.length });
  };
  for (const { index, 0: key } of text.matchAll(knownKeys)) {
    const value = key.replace(/^(?:AccountKey|SharedAccessKey)=/, '');
    take(index + key.length - value.length, trimmed(value), isKey(key));
  }
  for (const { index, 0: token } of text.matchAll(webTokens)) take(index, token, true);
  if (text.includes('Q~')) for (const { index, 0: secret } of text.matchAll(azureSecrets)) take(index, secret, true);
  for (const match of text.matchAll(secretAddresses)) {
    const value = match[1] ?? match[2] ?? match[3] ?? '';
    take(match.index + match[0].length - value.length, value, true);
  }
  return found;
}

/** Punctuation at the end is the sentence's. */
const trimmed = (key: string): string => key.replace(/[.-]{1,8}$/, '');

/** `sk-` begins many a name in kebab case; a key has a run in which digits and letters are mixed. */
const isKey = (key: string): boolean =>
  !key.startsWith('sk-') ||
  (key.match(/[A-Za-z0-9]+/g) ?? []).some((run) => run.length >= 12 && /\d/.test(run) && /[A-Za-z]/.test(run));

const userInfo = /:\/\/[^\s/@:?#"'`]{0,128}:([^\s/@"'`]{1,256})@/g;

/** `postgres://user:password@host` */
function passwordsInAddresses(text: string): Span[] {
  const found: Span[] = [];
  if (!text.includes('://') || !text.includes('@')) return found;
  for (const { index, 0: whole, 1: password = '' } of text.matchAll(userInfo)) {
    const end = index + whole.length - 1;
    if (!/^(?:pass(?:word|wd)?|pwd|secret|x+|\*+|\.+)$/i.test(password) && !/^[$%{<]|your|\.{3}/i.test(password)) {
      found.push({ start: end - password.length, end });
    }
  }
  return found;
}

const bearer = /\bbearer\s{1,3}([A-Za-z0-9._~+/-]+={0,2})/gi;
const basic = /\bbasic\s{1,3}([A-Za-z0-9+/]+={0,2})/gi;

/** https://www.rfc-editor.org/rfc/rfc6750, https://www.rfc-editor.org/rfc/rfc7617 */
function authorizations(text: string): Span[] {
  const found: Span[] = [];
  const spanOf = (index: number, whole: string, value: string): Span => {
    const start = index + whole.length - value.length;
    return { start, end: start + trimmed(value).length };
  };
  for (const { index, 0: whole, 1: token = '' } of text.matchAll(bearer)) {
    if (isToken(token, false)) found.push(spanOf(index, whole, token));
  }
  for (const { index, 0: whole, 1: credentials = '' } of text.matchAll(basic)) {
    const decoded = Buffer.from(credentials, 'base64').toString('latin1');
    if (decoded.includes(':') && /^[\x20-\x7e]+$/.test(decoded)) {
      found.push(spanOf(index, whole, credentials));
    }
  }
  return found;
}

const name =
  /(pass(?:word|wd|phrase|code)|passwort|contraseña|pwd)|((?:(?:api|access|auth|account|secret|private|encryption|signing|master|subscription|service|client|license|session)[_\-. ]?key|secret|token|credentials?|authorization)|(?<![A-Za-z0-9])key)(?![A-Za-z0-9])/gi;

/** From the name to its value: a quote that ends the name, a sign or `is`, a type, a quote that begins the value. */
const assignment =
  /["'`\])\\]{0,5}\s{0,3}(?::?=>?|:|>|\b(?:is|was|ist|es|est)\b|(?=\s))\s{0,3}:?(?:(?:string|str)\s?=\s?)?\\?(["'`]{0,3})/iy;
const bareValue = /[^\s"'`,;(){}<>[\]|\\]+/y;

/** Whether a value looks secret shows in its beginning. */
const maxJudged = 64;

/** `password = "…"`, `"api_key": "…"`, `DB_PASSWORD=…`, `--token …`, `<password>…<`, `aws_secret_access_key …` */
function namedSecrets(text: string): Span[] {
  const found: Span[] = [];
  let bareEnd = 0;
  name.lastIndex = 0;
  for (let match = name.exec(text); match; match = name.exec(text)) {
    assignment.lastIndex = name.lastIndex;
    const sign = assignment.exec(text);
    if (!sign) continue;
    const start = assignment.lastIndex;
    const quote = sign[1] ?? '';
    // Names within one run share its end, which is so found once.
    if (quote === '' && start >= bareEnd) bareEnd = start + bareLength(text, start);
    const end = quote === '' ? start + withoutPunctuation(text, start, bareEnd) : closing(text, start, quote);
    if (end <= start) continue;
    const value = text.slice(start, Math.min(end, start + maxJudged));
    const quoted = quote !== '';
    const secret =
      match[1] === undefined ? isToken(value, quoted, match[0].toLowerCase() === 'key') : isPassword(value, quoted);
    if (secret) found.push({ start, end });
    name.lastIndex = secret ? end : start;
  }
  return found;
}

function bareLength(text: string, start: number): number {
  bareValue.lastIndex = start;
  return bareValue.exec(text)?.[0].length ?? 0;
}

/** The length of what is there without the end of the sentence. */
function withoutPunctuation(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && end - last < 3 && '.:!?'.includes(text.charAt(last - 1))) last--;
  return last - start;
}

/** Where the quote is closed, escaped or not; the end, where it is not. */
function closing(text: string, start: number, quote: string): number {
  const end = text.indexOf(quote, start);
  if (end < 0) return text.length;
  return text.charAt(end - 1) === '\\' && end > start ? end - 1 : end;
}
