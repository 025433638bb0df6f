/** Talk about attacks is not an attack: what others do, and what is quoted as an example, weighs less. */
import type { Match } from './matcher.ts';
import type { Tokens } from './tokens.ts';

export type MentionWords = {
  /** Somebody of whom one tells what they do: "attackers make them ignore their instructions". */
  readonly isDescriber: (id: number) => boolean;
  readonly isTo: (id: number) => boolean;
  /** Before "to", in such telling. */
  readonly isTold: (id: number) => boolean;
  readonly isNegation: (id: number) => boolean;
  /** Words of those who talk about attacks. */
  readonly isMeta: (id: number) => boolean;
};

const described = 0.35;
/** What an order and a description of somebody's deeds have in common. */
const describable: ReadonlySet<string> = new Set(['override', 'leak', 'unbound', 'secret']);
const quoted = 0.4;
const metaReach = 24;
/** A quotation of one phrase; what is longer is a document in quotes. */
const longestQuotation = 200;

const quotes = '"\'`“”';

/** The text between the nearest quotation mark before it and the same one after it. */
function isQuoted(text: string, start: number, end: number): boolean {
  for (let before = start - 1; before >= 0 && start - before < longestQuotation; before -= 1) {
    const mark = text.charAt(before);
    if (mark === '\n') return false;
    if (quotes.includes(mark) && !isInsideWord(text, before)) {
      const after = text.indexOf(mark, end);
      return after >= 0 && after - before < longestQuotation && !text.slice(before, after).includes('\n');
    }
  }
  return false;
}

const isInsideWord = (text: string, at: number): boolean =>
  /[a-z0-9]/.test(text.charAt(at - 1)) && /[a-z0-9]/.test(text.charAt(at + 1));

const adjoin = (text: string, tokens: Tokens, left: number): boolean =>
  left >= 0 && left + 1 < tokens.count && text.slice(tokens.ends[left], tokens.starts[left + 1]).trim() === '';

function isDescribed(text: string, tokens: Tokens, first: number, words: MentionWords): boolean {
  if (!adjoin(text, tokens, first - 1)) return false;
  const id = tokens.ids[first - 1] ?? 0;
  return words.isTo(id) ? first > 1 && words.isTold(tokens.ids[first - 2] ?? 0) : words.isDescriber(id);
}

/** "Do not forget all the rules", "Vergiss nicht die Regeln". */
const isNegated = (text: string, tokens: Tokens, first: number, words: MentionWords): boolean =>
  (adjoin(text, tokens, first - 1) && words.isNegation(tokens.ids[first - 1] ?? 0)) ||
  (adjoin(text, tokens, first) && words.isNegation(tokens.ids[first + 1] ?? 0));

function talksOfAttacks(tokens: Tokens, match: Match, words: MentionWords): boolean {
  const from = Math.max(0, match.first - metaReach);
  const to = Math.min(tokens.count, match.last + 1 + metaReach);
  for (let at = from; at < to; at += 1)
    if ((at < match.first || at > match.last) && words.isMeta(tokens.ids[at] ?? 0)) return true;
  return false;
}

/** What is left of a match's weight. */
export function mentionFactor(text: string, tokens: Tokens, match: Match, words: MentionWords): number {
  if (describable.has(match.rule.group) && isDescribed(text, tokens, match.first, words)) return described;
  if (match.rule.group === 'override' && isNegated(text, tokens, match.first, words)) return described;
  const start = tokens.starts[match.first] ?? 0;
  const end = tokens.ends[match.last] ?? start;
  return talksOfAttacks(tokens, match, words) && isQuoted(text, start, end) ? quoted : 1;
}
