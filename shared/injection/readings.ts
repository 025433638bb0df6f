/** A text as it stands, and as it reads once it is decoded. */
import { collectEvidence, type Evidence, type Stretch, weighStretches } from './analysis.ts';
import { findEncodedRuns, rotate13 } from './encoded-runs.ts';
import { decodeEscapes } from './escapes.ts';
import { wordingOf } from './letter-evidence.ts';
import { buildMatcher } from './matcher.ts';
import { type NormalizedText, normalizeText, originOf } from './normalized-text.ts';
import { gatherLetters } from './spread-letters.ts';
import { type Tokens, tokenize } from './tokens.ts';

export type Reading = {
  readonly view: NormalizedText;
  readonly tokens: Tokens;
  readonly stretches: readonly Stretch[];
  /** Where the whole of it stands in the original, when it was encoded. */
  readonly within: { readonly start: number; readonly end: number } | undefined;
};

/** Of constants alone, so there is nothing that a request could change: 10 ms that most cold starts can do without. */
const matcherOf = whenFirstNeeded(buildMatcher);

function whenFirstNeeded<Built>(build: () => Built): () => Built {
  const built: Built[] = [];
  return () => {
    built[0] ??= build();
    return built[0];
  };
}

function read(decoded: NormalizedText, within: Reading['within']): Reading {
  const matcher = matcherOf();
  const gathered = gatherLetters(normalizeText(decoded.text));
  const view: NormalizedText =
    decoded.origins === undefined ? gathered : { text: gathered.text, origins: through(gathered, decoded.origins) };
  const tokens = tokenize(view.text, matcher.vocabulary);
  return {
    view,
    tokens,
    stretches: weighStretches(collectEvidence(view, tokens, matcher), tokens, wordingOf(view.text, tokens)),
    within,
  };
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

/** The text itself first. */
export function readings(text: string): Reading[] {
  const plain = read({ text, origins: undefined }, undefined);
  const all = [plain];
  const unescaped = decodeEscapes(text);
  if (unescaped !== undefined) all.push(read(unescaped, undefined));
  for (const { start, end, text: decoded } of findEncodedRuns(text))
    all.push(read({ text: decoded, origins: undefined }, { start, end }));
  if (readsAsRotated(plain)) {
    const origins = Int32Array.from({ length: plain.view.text.length + 1 }, (_, at) => originOf(plain.view, at));
    all.push(read({ text: rotate13(plain.view.text), origins }, undefined));
  }
  return all;
}

/** Where a piece of evidence stands in the original: all of a run, where it was encoded. */
export const placeOf = ({ within }: Reading, piece: Evidence): Evidence =>
  within === undefined ? piece : { ...piece, ...within };

/** All of a stretch, for when its wording gave it away rather than any rule. */
export function wholeStretch({ view, tokens, within }: Reading, { first, end }: Stretch): Evidence {
  const start = originOf(view, tokens.starts[first] ?? 0);
  const last = tokens.ends[end - 1] ?? 0;
  const at = within ?? { start, end: last === 0 ? start : originOf(view, last - 1) + 1 };
  return { ...at, rule: 'wording', group: 'wording', weight: 0, token: first };
}
