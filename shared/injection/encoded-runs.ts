/** Base64 and hexadecimal runs that stand for text, and ROT13. One level: what is behind them is not decoded again. */

export type EncodedRun = { readonly start: number; readonly end: number; readonly text: string };

/** At least "ignore all rules", and longer than most identifiers. */
const shortestRun = 20;
/** Looked at first: a run that does not start as text is none. */
const probe = 64;

const isHex = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
const isBase64 = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  code === 43 ||
  code === 47 ||
  code === 45 ||
  code === 95;
const isGap = (code: number): boolean => code === 32 || code === 58 || code === 44;

/** Letters, and spaces between them: what any prompt is, and decoded digests are not. */
function readsAsText(text: string): boolean {
  let letters = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0xfffd || (code < 32 && code !== 9 && code !== 10 && code !== 13)) return false;
    if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code > 0xbf || code === 32) letters += 1;
  }
  return letters >= text.length * 0.6;
}

/** The probe may end within a character. */
const withoutTornEnd = (text: string): string => {
  let end = text.length;
  while (end > 0 && text.length - end < 3 && text.charCodeAt(end - 1) === 0xfffd) end -= 1;
  return text.slice(0, end);
};

function decodeRun(run: string, encoding: 'base64' | 'hex'): string | undefined {
  const start = withoutTornEnd(Buffer.from(run.slice(0, probe), encoding).toString('utf8'));
  if (start.length < 4 || !readsAsText(start)) return undefined;
  return Buffer.from(run, encoding).toString('utf8');
}

/** As mail wraps it: line ends within it, and `=` after it. */
function base64End(text: string, start: number): number {
  let end = start;
  for (;;) {
    while (isBase64(text.charCodeAt(end))) end += 1;
    let next = end;
    if (text.charCodeAt(next) === 13) next += 1;
    if (text.charCodeAt(next) !== 10 || end - start < shortestRun || !isBase64(text.charCodeAt(next + 1))) return end;
    end = next + 1;
  }
}

function findBase64(text: string): EncodedRun[] {
  const found: EncodedRun[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (!isBase64(text.charCodeAt(at))) continue;
    let end = base64End(text, at);
    const decoded = end - at >= shortestRun ? decodeRun(text.slice(at, end), 'base64') : undefined;
    const start = at;
    at = end;
    if (decoded === undefined) continue;
    while (text.charCodeAt(end) === 61 && end - at < 2) end += 1;
    found.push({ start, end, text: decoded });
  }
  return found;
}

/** Pairs of digits, together or one by one. */
function findHex(text: string): EncodedRun[] {
  const found: EncodedRun[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (!isHex(text.charCodeAt(at))) continue;
    let end = at;
    let digits = '';
    let chunkFrom = at;
    while (isHex(text.charCodeAt(end)) && isHex(text.charCodeAt(end + 1))) {
      end += 2;
      if (!isGap(text.charCodeAt(end)) || !isHex(text.charCodeAt(end + 1))) continue;
      digits += text.slice(chunkFrom, end);
      end += 1;
      chunkFrom = end;
    }
    digits += text.slice(chunkFrom, end);
    const decoded = digits.length >= shortestRun ? decodeRun(digits, 'hex') : undefined;
    if (decoded !== undefined) found.push({ start: at, end, text: decoded });
    at = Math.max(end - 1, at);
  }
  return found;
}

export const findEncodedRuns = (text: string): EncodedRun[] => [...findBase64(text), ...findHex(text)];

/** Rotates letters of a text that is in lower case; as many units as before. */
export function rotate13(text: string): string {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    units[at] = code >= 97 && code <= 122 ? ((code - 97 + 13) % 26) + 97 : code;
  }
  return Buffer.from(units.buffer).toString('utf16le');
}
