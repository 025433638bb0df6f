/** Addresses as they are written, and as people write them for people: `ada [at] example [dot] com`. */
import type { Span } from './entity.ts';

const localCharacter = /[A-Za-z0-9._%+\u00c0-\u024f-]/;
const domainCharacter = /[A-Za-z0-9.\u00c0-\u024f-]/;
const maxLocal = 64;
const maxDomain = 253;

/** Dotted names, of which the last is of letters. */
const domain = /^[A-Za-z0-9\u00c0-\u024f](?:[A-Za-z0-9\u00c0-\u024f-]*\.)+[A-Za-z]{2,24}/;

/** `icon@2x.png`, and the name by which repositories are reached: nobody's mail. */
const file = /\.(?:png|jpe?g|gif|svg|webp|avif|ico|css|scss|js|mjs|ts|tsx|jsx|json|html?|py|md|mp4|wasm)$/i;
const nobody = /^git$/i;

const at = /[[({]\s?at\s?[\])}]\s{0,2}/gi;
const spelledDomain = /[A-Za-z0-9-]+(?:(?:\s?[[({]\s?dot\s?[\])}]\s?|\.)[A-Za-z0-9-]{2,}){1,4}/iy;

export function emailAddresses(text: string): Span[] {
  const found: Span[] = [];
  for (let sign = text.indexOf('@'); sign >= 0; sign = text.indexOf('@', sign + 1)) {
    const span = around(text, sign, found.at(-1)?.end ?? 0);
    if (span) found.push(span);
  }
  for (const { index, 0: sign } of text.matchAll(at)) {
    let end = index;
    while (end > 0 && index - end < 2 && /\s/.test(text.charAt(end - 1))) end--;
    const start = localStart(text, end, found.at(-1)?.end ?? 0);
    spelledDomain.lastIndex = index + sign.length;
    if (start < end && spelledDomain.test(text)) found.push({ start, end: spelledDomain.lastIndex });
  }
  return found;
}

function localStart(text: string, end: number, from: number): number {
  let start = end;
  while (start > from && end - start < maxLocal && localCharacter.test(text.charAt(start - 1))) start--;
  while (start < end && /[.%-]/.test(text.charAt(start))) start++;
  return start;
}

function around(text: string, sign: number, from: number): Span | null {
  const start = localStart(text, sign, from);
  if (start === sign || nobody.test(text.slice(start, sign)) || isUserInfo(text, start)) return null;
  let end = sign + 1;
  while (end < text.length && end - sign <= maxDomain && domainCharacter.test(text.charAt(end))) end++;
  const name = domain.exec(text.slice(sign + 1, end))?.[0];
  return name === undefined || file.test(name) ? null : { start, end: sign + 1 + name.length };
}

/** In `https://user:word@host` it is how one logs in. */
function isUserInfo(text: string, start: number): boolean {
  const scheme = text.lastIndexOf('://', start);
  return scheme >= 0 && !/[/?#\s]/.test(text.slice(scheme + 3, start));
}
