/** Adds up what was found within reach of each other. */
import { findSuffixes } from './adversarial-suffix.ts';
import { findDelimiters } from './delimiters.ts';
import type { Matcher } from './matcher.ts';
import { mentionFactor } from './mentions.ts';
import { type NormalizedText, originOf } from './normalized-text.ts';
import { strong } from './rule.ts';
import type { Tokens } from './tokens.ts';

export type Evidence = {
  /** In the original text. */
  readonly start: number;
  readonly end: number;
  readonly rule: string;
  readonly group: string;
  readonly weight: number;
  /** The token it begins at. */
  readonly token: number;
};

/** What speaks for an injection in one stretch of the text. */
export type Stretch = {
  /** Tokens, `end` not included. */
  readonly first: number;
  readonly end: number;
  /** What rules add up to, and what the letters say beyond them: logits. */
  readonly rules: number;
  readonly wording: number;
  readonly evidence: readonly Evidence[];
};

/** Words that are read together: long enough for a persona to be described, and short enough that long documents do not add up. */
const windowTokens = 64;
const stride = 16;

/** What is suspicious in a document, and ordinary from a user. */
const inDocuments = ['attack-reply', 'steer'];

function tokenAt(tokens: Tokens, position: number): number {
  let low = 0;
  let high = tokens.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((tokens.starts[middle] ?? 0) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function collectEvidence(view: NormalizedText, tokens: Tokens, matcher: Matcher): Evidence[] {
  const evidence: Evidence[] = [];
  const span = (start: number, end: number) => ({
    start: originOf(view, start),
    end: end > start ? originOf(view, end - 1) + 1 : originOf(view, end),
  });
  for (const match of matcher.match(tokens)) {
    const { rule, first, last } = match;
    const factor = rule.weight > 1 ? mentionFactor(view.text, tokens, match, matcher.mentions) : 1;
    const at = span(tokens.starts[first] ?? 0, tokens.ends[last] ?? 0);
    evidence.push({ ...at, rule: rule.id, group: rule.group, weight: rule.weight * factor, token: first });
  }
  for (const { rule, start, end } of findDelimiters(view.text))
    evidence.push({
      ...span(start, end),
      rule: rule.id,
      group: rule.group,
      weight: rule.weight,
      token: tokenAt(tokens, start),
    });
  for (const { start, end } of findSuffixes(view.text))
    evidence.push({
      ...span(start, end),
      rule: 'adversarial-suffix',
      group: 'adversarial-suffix',
      weight: strong,
      token: tokenAt(tokens, start),
    });
  return evidence.sort((a, b) => a.token - b.token);
}

/** Every window, with the heaviest of each group. `wording` is what its letters say. */
export function weighStretches(
  evidence: readonly Evidence[],
  tokens: Tokens,
  wording: (first: number, end: number) => number,
): Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  for (let first = 0; first === 0 || first < tokens.count; first += stride) {
    while (from < evidence.length && (evidence[from]?.token ?? 0) < first) from += 1;
    const isLast = first + windowTokens >= tokens.count;
    const end = isLast ? tokens.count : first + windowTokens;
    const heaviest = new Map<string, number>();
    let to = from;
    for (; to < evidence.length; to += 1) {
      const piece = evidence[to];
      if (piece === undefined || (piece.token >= end && !isLast)) break;
      heaviest.set(piece.group, Math.max(heaviest.get(piece.group) ?? 0, piece.weight));
    }
    if (!inDocuments.some((group) => heaviest.has(group))) heaviest.delete('document');
    let rules = 0;
    for (const weight of heaviest.values()) rules += weight;
    stretches.push({ first, end, rules, wording: wording(first, end), evidence: evidence.slice(from, to) });
    if (isLast) break;
  }
  return stretches;
}
