/** Does a value that is called a secret look like one, or like what documentation and code write in its place? */

const standIns =
  /x{4,}|\.{3}|…|\*{3}|your|placeholder|change[_-]?me|replace[_-]?me|insert|redacted|dummy|goes[_-]here/i;

/** What documentation writes where a key belongs. */
export const isMadeUp = (value: string): boolean => standIns.test(value);

const reference =
  /^(?:[$%{<&@#*]|process\.env|os\.|env[.[]|getenv|config[.[]|settings\.|self\.|this\.|secrets?\.|\w+\()|\$\{|\{\{/i;
const identifiers = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/;
const keyword =
  /^(?:true|false|null|none|nil|undefined|string|required|optional|hidden|secret|bearer|basic|https?:.*)$/i;

const isReference = (value: string): boolean => reference.test(value) || identifiers.test(value) || keyword.test(value);

const digit = /\d/;
const letter = /[A-Za-z]/;
const symbol = /[^A-Za-z0-9\s_.\-/:,]/;

export function isPassword(value: string, quoted: boolean): boolean {
  if (value.length < 6 || isMadeUp(value) || (!quoted && isReference(value))) return false;
  if (/^\d+$/.test(value)) return true;
  if (/\s/.test(value) || keyword.test(value) || /^(?:new|old|user|my)?_?pass(?:word|wd)?_?\d?$/i.test(value))
    return false;
  return letter.test(value) && (digit.test(value) || symbol.test(value));
}

/** Bits a character, of the value alone; what is not ASCII counts as one. https://en.wikipedia.org/wiki/Entropy_(information_theory) */
function entropy(value: string): number {
  const counts = new Uint16Array(128);
  for (let at = 0; at < value.length; at++) {
    const code = Math.min(value.charCodeAt(at), 127);
    counts[code] = (counts[code] ?? 0) + 1;
  }
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** `vague` where the name is only `key`, which is also what things are sorted by. */
export function isToken(value: string, quoted: boolean, vague = false): boolean {
  const least = vague ? 24 : quoted ? 12 : 16;
  if (value.length < least || /\s/.test(value)) return false;
  if (isMadeUp(value) || isReference(value) || !digit.test(value) || !letter.test(value)) return false;
  if (vague && (uuid.test(value) || !/[a-z]/.test(value) || !/[A-Z]/.test(value) || /[./:]/.test(value))) return false;
  return entropy(value) >= (vague ? 3.9 : 3);
}
