/** Payment cards: the issuer's range, its lengths, and the Luhn digit. https://en.wikipedia.org/wiki/Payment_card_number */
import type { Span } from './entity.ts';
import { digitsOf, type NumberRun, part } from './number-runs.ts';

/** Ranges of the first digits, and the lengths that are issued. */
const issuers: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 18, 19]], // Visa
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]], // Mastercard
  [/^3[47]/, [15]], // American Express
  [/^(?:30[0-5]|3095|3[689])/, [14, 15, 16, 17, 18, 19]], // Diners Club
  [/^(?:6011|64[4-9]|65|622)/, [16, 17, 18, 19]], // Discover, UnionPay
  [/^(?:62|81)/, [16, 17, 18, 19]], // UnionPay
  [/^35/, [16]], // JCB: 3528 to 3589, and what test data takes for them
  [/^35(?:2[89]|[3-8])/, [17, 18, 19]],
  [/^(?:2131|1800)/, [15]], // JCB, older
  [/^220[0-4]/, [16, 17, 18, 19]], // Mir
  [/^(?:50[0-9]|5[678]|6[0-9])/, [16]], // Maestro, RuPay, Hipercard and others
  [/^(?:5[678]|6304|6390|67[0-9]{2}|50[0-9]{2})/, [12, 13, 14, 15, 17, 18, 19]], // Maestro
  [/^9792/, [16]], // Troy
];

const minLength = 12;
const maxLength = 19;

function hasLuhnDigit(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const doubled = at % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Where it is said to be a card, whoever issued it: the Luhn digit decides. */
const said = /\b(?:cards?|cc|visa|mastercard|amex|maestro)\b/i;

const isCard = (digits: string, named: boolean): boolean =>
  (named || issuers.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits))) &&
  !/^(\d)\1+$/.test(digits) &&
  hasLuhnDigit(digits);

/** Groups as cards have them: the first of four or six (or all in one), the others of two or more, all divided alike. */
const groupedAsCard = ({ groups, separators }: NumberRun): boolean => {
  const sizes = groups.map(({ start, end }) => end - start);
  if (sizes.length === 1) return true;
  const [first = 0, ...others] = sizes;
  return (
    (first === 4 || first === 6 || first === 8) &&
    others.slice(0, -1).every((size) => size >= 4) &&
    separators.every((separator) => separator === separators[0] && /^(?:[ .-]|\s{1,2}| - )$/.test(separator))
  );
};

/** Not a part of a longer word, of a decimal number or of a path. */
const standsAlone = (text: string, { start, end }: Span): boolean =>
  !/[A-Za-z0-9_](?:[-.])?$|\d[.,]$/.test(text.slice(Math.max(0, start - 2), start)) &&
  !/^(?:[A-Za-z0-9_]|\.\d)/.test(text.slice(end, end + 2));

export function cardNumbers(text: string, runs: readonly NumberRun[]): Span[] {
  const found: Span[] = [];
  const named = said.test(text);
  for (const run of runs) {
    if (run.end - run.start < minLength) continue;
    for (let from = 0; from < run.groups.length; from++) {
      const end = cardEnd(text, run, from, named);
      if (end === 0) continue;
      const { start } = part(run, from, end);
      found.push({ start, end: part(run, from, end).end });
      from = end - 1;
    }
  }
  return found;
}

/** One past the last group of the longest card that begins with that group; 0 when none does. */
function cardEnd(text: string, run: NumberRun, from: number, named: boolean): number {
  let best = 0;
  let length = 0;
  for (let to = from; to < run.groups.length && to < from + 6; to++) {
    const group = run.groups[to];
    if (!group) break;
    length += group.end - group.start;
    if (length > maxLength) break;
    if (length < minLength) continue;
    const candidate = part(run, from, to + 1);
    if (groupedAsCard(candidate) && standsAlone(text, candidate) && isCard(digitsOf(text, candidate), named))
      best = to + 1;
  }
  return best;
}
