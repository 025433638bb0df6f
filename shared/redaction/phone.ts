/**
 * Telephone numbers. A number that says itself what it is (`+`, `00`, a trunk 0 and groups, the American 3-3-4) is taken as it
 * stands; any other only beside a word that says so: `Phone: 358 0594`, `call me on 516 466 638`, `737 219 628 office`.
 * Dates, versions, order numbers and plain integers are none. https://www.itu.int/rec/T-REC-E.164
 */
import type { Span } from './entity.ts';
import { digitsOf, type NumberRun, part } from './number-runs.ts';

const maxDigits = 15;

/** A label, which names what follows, whatever its form. */
const label =
  /(?:^|[^a-z]|[a-z](?=phone|mobile|fax))(?:phones?|tel(?:e(?:phone|fono?|fone))?|teléfono|téléphone|tél|mobile?|móvil|cell?(?:phone|ular)?|handy|portable|fax|whatsapp|sms|ph|desk|office|pager|hotline)(?:_?(?:number|no))?(?:[\s:.,"'`(|\\>#=-]|\b(?:no|num|number|numbers|is|was|my|me|us)\b){1,24}[+(]{0,2}$/i;
/** Words after which a number is likely one to be called, if it is written like one. */
const context =
  /(?:^|[^a-z])(?:calls?|ring|text|dial|reach|contact|answering|messages|registered)(?:[\s:.,"'`(-]|\b(?:me|us|on|at|to|is|my|the|our|your|no|num|number|line)\b){1,24}[+(]{0,2}$/i;
const labelAfter = /^[\s,-]{1,2}(?:office|fax|mobile|desk|cell|home|work)\b/i;
const extension = /^,?\s?(?:x|ext\.?|extension)\s?\d{1,6}(?!\d)/i;

const date =
  /^(?:(?:19|20)\d\d([-./ ])\d{1,2}\1\d{1,2}(?!\d)|\d{1,2}([-./ ])\d{1,2}\2(?:19|20)\d\d(?!\d)|(?:19|20)\d\d-(?:19|20)\d\d$)/;

const before = /[A-Za-z0-9_#$%&@^?\u00a3\u20ac-]$|\d[.,:/]$|\w[/=]$/;
const after = /^(?:[A-Za-z0-9_%@]|[.,:/]\d|-[A-Za-z0-9])/;

export function phoneNumbers(text: string, runs: readonly NumberRun[]): Span[] {
  const found: Span[] = [];
  for (const run of runs) {
    if (run.end - run.start < 7) continue;
    const span = phoneIn(text, run);
    if (span) found.push(span);
  }
  return found;
}

function phoneIn(text: string, run: NumberRun): Span | null {
  const start = leadOf(text, run.start);
  const left = text.slice(Math.max(0, start - 48), run.start);
  const labelled = label.test(left) || labelAfter.test(text.slice(run.end, run.end + 12));
  const hinted = labelled || context.test(left);
  if (before.test(text.slice(Math.max(0, start - 2), start)) && !/[a-z][:=]$/i.test(text.slice(0, start))) return null;
  const chosen = choose(text, run, { plus: text.slice(start, run.start).includes('+'), labelled, hinted });
  if (!chosen) return null;
  const rest = text.slice(chosen.end, chosen.end + 20);
  const suffix = extension.exec(rest)?.[0].length ?? 0;
  if (suffix === 0 && after.test(rest) && !labelAfter.test(rest)) return null;
  return { start: chosen.start === run.start ? start : chosen.start, end: chosen.end + suffix };
}

/** With the `+` and the bracket before it. */
function leadOf(text: string, at: number): number {
  let start = at;
  if (text.charAt(start - 1) === '+') start--;
  if (text.charAt(start - 1) === '(' && text.slice(at, at + 24).includes(')')) start--;
  if (start === at - 1 && text.charAt(start) === '(' && text.charAt(start - 1) === '+') start--;
  return start;
}

type Signs = { readonly plus: boolean; readonly labelled: boolean; readonly hinted: boolean };

const sizesOf = ({ groups }: NumberRun): number[] => groups.map(({ start, end }) => end - start);
const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);

function choose(text: string, run: NumberRun, { plus, labelled, hinted }: Signs): Span | null {
  if (plus) return international(text, run, '');
  const written = text.slice(run.start, run.end);
  const sizes = sizesOf(run);
  const digits = digitsOf(text, run);
  if (/^00[1-9]/.test(digits) && (sizes.length > 1 || hinted)) return international(text, run, '00');
  if (date.test(written)) return null;
  const national = northAmerican(text, run) ?? withTrunkZero(text, run);
  if (national) return national;
  const bracketed = text.charAt(run.start - 1) === '(';
  const sum = total(sizes);
  if (
    sum >= 7 &&
    sum <= 13 &&
    (labelled || (hinted && (sizes.length > 1 || sum >= 9)) || (bracketed && inBrackets(run, sizes)))
  )
    return run;
  // A postal code before it: `61487 416 60 039 office`.
  const [first = 0, ...others] = sizes;
  return hinted && first === 5 && total(others) >= 7 && total(others) <= 11 ? part(run, 1, run.groups.length) : null;
}

/** As many groups as a number may have digits; eleven digits where the country is 1. */
function international(text: string, run: NumberRun, prefix: string): Span | null {
  const american = digitsOf(text, run).startsWith(`${prefix}1`);
  const most = (american ? 11 : maxDigits) + prefix.length;
  const least = (american ? 11 : 8) + prefix.length;
  let seen = 0;
  let groups = 0;
  for (const size of sizesOf(run)) {
    if (seen + size > most) break;
    seen += size;
    groups++;
  }
  const number = part(run, 0, groups);
  return seen >= least && !digitsOf(text, number).startsWith(`${prefix}0`) ? number : null;
}

const alike = (separators: readonly string[]): boolean => new Set(separators).size <= 1;
const hyphen = /^[-.]$/;
const bracket = /\)/;

/** Three, three and four, with hyphens, dots, brackets, or (where it can be one) spaces; a 1 may stand before. */
function northAmerican(text: string, run: NumberRun): Span | null {
  const sizes = sizesOf(run);
  for (const from of [0, 1]) {
    if (sizes.slice(from, from + 3).join() !== '3,3,4') continue;
    if (from === 1 && !(sizes[0] === 1 && text.charAt(run.start) === '1') && sizes[0] !== 5) continue;
    const number = part(run, from, from + 3);
    const [first = '', second = ''] = number.separators;
    const certain = (hyphen.test(first) && first === second) || (bracket.test(first) && /^[-. ]$/.test(second));
    const canBe = /^[2-9]\d\d\D+[2-9]\d\d\D/.test(text.slice(number.start, number.end));
    if (!certain && !(canBe && /^[ -]$/.test(first) && /^[ -]$/.test(second))) continue;
    return from === 1 && sizes[0] === 1 ? part(run, 0, 4) : number;
  }
  return null;
}

/** `0490 75 40 81`, `01.84.17.61.18`, `(08) 8747 6301`, `0961-7596216`; after a postal code, too. */
function withTrunkZero(text: string, run: NumberRun): Span | null {
  const afterPostalCode = run.groups.length > 2 && sizesOf(run)[0] === 5 ? part(run, 1, run.groups.length) : null;
  return trunkZeroNumber(text, run) ?? (afterPostalCode && trunkZeroNumber(text, afterPostalCode));
}

function trunkZeroNumber(text: string, number: NumberRun): Span | null {
  const digits = digitsOf(text, number);
  if (!/^0[1-9]/.test(digits) || digits.length < 9 || digits.length > 11) return null;
  const [first = '', ...others] = number.separators;
  const divided = bracket.test(first) ? alike(others) : alike(number.separators) && /^[ .\-/]$/.test(first);
  const grouped = sizesOf(number).every((size) => size >= 2) && number.groups.length >= 2;
  // `03262 2437 Main Street` is a postal code and a house.
  const last = sizesOf(number).at(-1) ?? 0;
  return divided && grouped && (number.groups.length > 2 || last > 4) ? number : null;
}

/** `(99) 645-791`: an area in brackets, and groups. */
const inBrackets = ({ separators }: NumberRun, [area = 0, ...others]: readonly number[]): boolean =>
  bracket.test(separators[0] ?? '') &&
  area >= 2 &&
  area <= 4 &&
  others.length >= 2 &&
  others.every((size) => size >= 2) &&
  alike(separators.slice(1));
