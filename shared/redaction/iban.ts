/** IBANs: the country's length and the check digits (mod 97). https://www.swift.com/standards/data-standards/iban-international-bank-account-number */
import type { Span } from './entity.ts';

const lengths: Readonly<Record<string, number>> = {
  AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BI: 27, BR: 29, BY: 28, CH: 21, CR: 22, CY: 28, CZ: 24,
  DE: 22, DJ: 27, DK: 18, DO: 28, EE: 20, EG: 29, ES: 24, FI: 18, FK: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23, GL: 18, GR: 27,
  GT: 28, HN: 28, HR: 21, HU: 28, IE: 22, IL: 23, IQ: 23, IS: 26, IT: 27, JO: 30, KW: 30, KZ: 20, LB: 28, LC: 32, LI: 21, LT: 20,
  LU: 20, LV: 21, LY: 25, MC: 27, MD: 24, ME: 22, MK: 19, MN: 20, MR: 27, MT: 31, MU: 30, NI: 28, NL: 18, NO: 15, OM: 23, PK: 24,
  PL: 28, PS: 29, PT: 25, QA: 29, RO: 24, RS: 22, RU: 33, SA: 24, SC: 31, SD: 18, SE: 24, SI: 19, SK: 24, SM: 27, SO: 23, ST: 25,
  SV: 28, TL: 23, TN: 24, TR: 26, UA: 29, VA: 22, VG: 24, XK: 20, YE: 30,
}; // biome-ignore format: a table

const begins = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}/g;
const character = /[A-Za-z0-9]/;

/** Where the account number of that many characters ends, groups being divided by one space, hyphen or dot; 0 when it does not. */
function endOf(text: string, start: number, length: number): number {
  let at = start;
  for (let seen = 0; seen < length; at++) {
    if (character.test(text.charAt(at))) seen++;
    else if (!/[\s.-]/.test(text.charAt(at)) || !character.test(text.charAt(at + 1))) return 0;
  }
  return character.test(text.charAt(at)) ? 0 : at;
}

function hasCheckDigits(account: string): boolean {
  let remainder = 0;
  for (const character of account.slice(4) + account.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

export function ibans(text: string): Span[] {
  const found: Span[] = [];
  for (const { index, 0: start } of text.matchAll(begins)) {
    const length = lengths[start.slice(0, 2).toUpperCase()];
    const end = length === undefined ? 0 : endOf(text, index, length);
    if (end > 0 && hasCheckDigits(text.slice(index, end).replace(/[^A-Za-z0-9]/g, '')))
      found.push({ start: index, end });
  }
  return found;
}
