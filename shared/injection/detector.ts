/** Says how much a text looks like an attempt to give a model other orders. Pure, and linear in the text. */
import { collectEvidence, type Evidence, type Stretch, weighStretches } from './analysis.ts';
import { findEncodedRuns, rotate13 } from './encoded-runs.ts';
import { decodeEscapes } from './escapes.ts';
import { buildMatcher } from './matcher.ts';
import { type NormalizedText, normalizeText } from './normalized-text.ts';
import { gatherLetters } from './spread-letters.ts';
import { type Tokens, tokenize } from './tokens.ts';

/** `start` and `end` are UTF-16 offsets into the text as it was given; `rule` says why, and never repeats the text. */
export type InjectionFinding = { readonly start: number; readonly end: number; readonly rule: string };

/** `score` is between 0 and 1; at 0.5 it finds what docs say it finds. */
export type InjectionVerdict = { readonly score: number; readonly findings: readonly InjectionFinding[] };

/** Changes whenever answers may change: verdicts that were kept under another version are not to be used. */
export const injectionVersion = '1';

/** What has to be outweighed. */
const bias = -5;
/** Below this nothing was found that would be worth naming. */
const faint = 0.05;

/** Of constants alone, so there is nothing that a request could change: 10 ms that most cold starts can do without. */
const matcherOf = whenFirstNeeded(buildMatcher);

function whenFirstNeeded<Built>(build: () => Built): () => Built {
  const built: Built[] = [];
  return () => {
    built[0] ??= build();
    return built[0];
  };
}

const logistic = (logit: number): number => 1 / (1 + Math.exp(-logit));

type Reading = { readonly view: NormalizedText; readonly tokens: Tokens; readonly stretches: readonly Stretch[] };

function read(decoded: NormalizedText): Reading {
  const matcher = matcherOf();
  const normalized = normalizeText(decoded.text);
  const gathered = gatherLetters(normalized);
  const view: NormalizedText =
    decoded.origins === undefined ? gathered : { text: gathered.text, origins: through(gathered, decoded.origins) };
  const tokens = tokenize(view.text, matcher.vocabulary);
  return { view, tokens, stretches: weighStretches(collectEvidence(view, tokens, matcher), tokens, () => 0) };
}

function through(view: NormalizedText, outer: Int32Array): Int32Array {
  const origins = new Int32Array(view.text.length + 1);
  for (let at = 0; at < origins.length; at += 1) origins[at] = outer[view.origins?.[at] ?? at] ?? 0;
  return origins;
}

/** Few words of a text, in ROT13, already tell: English has none of them. */
function readsAsRotated({ tokens }: Reading): boolean {
  const matcher = matcherOf();
  let rotated = 0;
  for (let at = 0; at < tokens.count; at += 1) if (matcher.isRotated(tokens.ids[at] ?? 0)) rotated += 1;
  return rotated >= 3 || (rotated >= 2 && tokens.count <= 12);
}

const covering = (stretches: readonly Stretch[], start: number, end: number): Stretch[] =>
  stretches.map(({ logit, evidence }) => ({ logit, evidence: evidence.map((piece) => ({ ...piece, start, end })) }));

/** All stretches of the text and of what is encoded in it. */
function allStretches(text: string): Stretch[] {
  const plain = read({ text, origins: undefined });
  const stretches = [...plain.stretches];
  const unescaped = decodeEscapes(text);
  if (unescaped !== undefined) stretches.push(...read(unescaped).stretches);
  for (const run of findEncodedRuns(text))
    stretches.push(...covering(read({ text: run.text, origins: undefined }).stretches, run.start, run.end));
  if (readsAsRotated(plain)) {
    const tokens = plain.tokens;
    const origins = plain.view.origins ?? Int32Array.from({ length: plain.view.text.length + 1 }, (_, at) => at);
    if (tokens.count > 0) stretches.push(...read({ text: rotate13(plain.view.text), origins }).stretches);
  }
  return stretches;
}

/** Findings of all stretches whose score reaches the threshold, in order, those that overlap as one. */
export function findInjections(text: string, threshold: number): InjectionVerdict {
  const stretches = allStretches(text);
  let best = Number.NEGATIVE_INFINITY;
  for (const { logit } of stretches) best = Math.max(best, logit);
  const score = stretches.length === 0 ? logistic(bias) : logistic(best + bias);
  const least = Math.min(threshold, score);
  const found = new Set<Evidence>();
  for (const { logit, evidence } of stretches)
    if (logistic(logit + bias) >= least) for (const piece of evidence) found.add(piece);
  return { score, findings: score < faint ? [] : merge([...found]) };
}

function merge(evidence: readonly Evidence[]): InjectionFinding[] {
  const inOrder = evidence.toSorted((a, b) => a.start - b.start || b.weight - a.weight);
  const merged: { start: number; end: number; rule: string; weight: number }[] = [];
  for (const { start, end, rule, weight } of inOrder) {
    const last = merged.at(-1);
    if (last === undefined || start >= last.end) merged.push({ start, end, rule, weight });
    else {
      last.end = Math.max(last.end, end);
      if (weight > last.weight) Object.assign(last, { rule, weight });
    }
  }
  return merged.map(({ start, end, rule }) => ({ start, end, rule }));
}

export function detectInjection(text: string): InjectionVerdict {
  return findInjections(text, 0.5);
}
