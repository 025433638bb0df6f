/** US social security and taxpayer numbers. https://www.ssa.gov/employer/randomization.html, https://www.irs.gov/tin/itin */
import type { Span } from './entity.ts';

/** 000, 666 and zeros in any group are never issued; what begins with 9 is a taxpayer's. */
const hyphened = /(?<![\w-]|\d[./])(?!000|666)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?!\w|-\d|\.\d)/g;
const plain = /(?<![\w-])(?!000|666)\d{3}([ .]?)(?!00)\d\d\1(?!0000)\d{4}(?!\w|-\d)/g;
const said = /\b(?:ssn|social security|social)\b/i;

const spansOf = (text: string, pattern: RegExp): Span[] =>
  Array.from(text.matchAll(pattern), ({ index, 0: { length } }) => ({ start: index, end: index + length }));

/** Without hyphens only where it is called so: nine digits are anything. */
export const socialSecurityNumbers = (text: string): Span[] => [
  ...spansOf(text, hyphened),
  ...(said.test(text) ? spansOf(text, plain) : []),
];
