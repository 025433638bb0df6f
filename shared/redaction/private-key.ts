/**
 * Private keys in armour: from the line that begins one to the line that ends it, or, where the text breaks off or something
 * else comes, to the last that looks like a part of it. They are longer than a stream may hold, so what has been seen
 * of one is a state: once it has begun, nothing leaves until it has ended.
 * https://www.rfc-editor.org/rfc/rfc7468, https://www.rfc-editor.org/rfc/rfc9580#name-forming-ascii-armor
 */

/** What the first word of the header ends with. */
export const keyMarker = '-----BEGIN';
const header = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y;
const headerBegun = /^-----BEGIN(?: [A-Z0-9 ]{0,60}-{0,5})?$/;
const footer = /-----END [A-Z0-9 ]{0,60}-----/y;
const footerBegun = /^-{1,5}$|^-----E(?:N(?:D(?: [A-Z0-9 ]{0,60}-{0,5})?)?)?$/;

/** How soon after its header the key itself must begin; `Proc-Type` and the like stand between. */
const maxPreamble = 320;
const keyBegins = /[A-Za-z0-9+/=\\]{24}/g;
const shortKey = /[A-Za-z0-9+/=]{8}/;

/** With the escapes of JSON for ends of lines and slashes. */
const piece = /(?:[A-Za-z0-9+/=]|\\[nrt/\\])+/y;
const maxSeparator = 32;
const separator = /[^A-Za-z0-9+/=-]{1,33}/y;
const minLine = 16;

export type KeyStart =
  | { readonly state: 'none' }
  /** What follows the text may still make it one. */
  | { readonly state: 'undecided'; readonly start: number }
  | { readonly state: 'begun'; readonly start: number; readonly body: number };

const matchAt = (pattern: RegExp, text: string, at: number): string | null => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
};

/** Does a private key begin within this atom? The word `BEGIN` ends one, since a space follows. */
export function keyStart(text: string, atomStart: number, atomEnd: number, atEnd: boolean): KeyStart {
  const start = atomEnd - keyMarker.length;
  if (start < atomStart || !text.startsWith(keyMarker, start)) return { state: 'none' };
  const head = matchAt(header, text, start);
  if (head === null) {
    return !atEnd && headerBegun.test(text.slice(start, start + 128))
      ? { state: 'undecided', start }
      : { state: 'none' };
  }
  const body = start + head.length;
  const preamble = text.slice(body, body + maxPreamble);
  const end = preamble.indexOf('-----END');
  const inside = end < 0 ? preamble : preamble.slice(0, end);
  for (const { 0: run, index } of inside.matchAll(keyBegins)) {
    if (/[a-z]/.test(run) && /[A-Z0-9]/.test(run)) return { state: 'begun', start, body: body + index };
  }
  if (end >= 0) return shortKey.test(inside) ? { state: 'begun', start, body: body + end } : { state: 'none' };
  return preamble.length < maxPreamble && !atEnd ? { state: 'undecided', start } : { state: 'none' };
}

export type KeyProgress = {
  /** Up to here it is the key's. */
  readonly end: number;
  readonly over: boolean;
  /** The line that goes on at `end` is long enough already to be the key's. */
  readonly inLine: boolean;
};

/** How far the key goes from `from` on. */
export function continueKey(text: string, from: number, inLine: boolean, atEnd: boolean): KeyProgress {
  let end = from;
  let longEnough = inLine;
  for (let at = from; ; ) {
    const dashes = text.charAt(at) === '-';
    if (dashes) {
      const foot = matchAt(footer, text, at);
      if (foot !== null) return { end: at + foot.length, over: true, inLine: false };
      if (!atEnd && footerBegun.test(text.slice(at, at + 96))) return { end, over: false, inLine: false };
      return { end, over: true, inLine: false };
    }
    const line = matchAt(piece, text, at);
    if (line !== null) {
      const whole = longEnough || line.length >= minLine;
      if (at + line.length === text.length && !atEnd) {
        return whole ? { end: text.length, over: false, inLine: true } : { end, over: false, inLine: false };
      }
      at += line.length;
      // Half of an escape, by which the line may go on.
      if (whole && text.charAt(at) === '\\' && at + 1 === text.length && !atEnd)
        return { end: at, over: false, inLine: true };
      longEnough = false;
      // A short line is the last; only what ends the key may follow. Until that is known, it is looked at again.
      if (!whole) return lastLine(text, at, atEnd) ?? { end, over: false, inLine: false };
      end = at;
      continue;
    }
    longEnough = false;
    const between = matchAt(separator, text, at);
    if (between === null || between.length > maxSeparator)
      return { end, over: atEnd || at < text.length, inLine: false };
    at += between.length;
  }
}

function lastLine(text: string, end: number, atEnd: boolean): KeyProgress | null {
  const between = matchAt(separator, text, end)?.length ?? 0;
  if (between > maxSeparator) return { end, over: true, inLine: false };
  const at = end + between;
  const foot = matchAt(footer, text, at);
  if (foot !== null) return { end: at + foot.length, over: true, inLine: false };
  const mayCome = at === text.length || footerBegun.test(text.slice(at, at + 96));
  return mayCome && !atEnd ? null : { end, over: true, inLine: false };
}
