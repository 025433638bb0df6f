/** Says how much a text looks like an attempt to give a model other orders. Pure, and linear in the text. */
import type { Evidence } from './analysis.ts';
import { placeOf, readings, wholeStretch } from './readings.ts';

/** `start` and `end` are UTF-16 offsets into the text as it was given; `rule` says why, and never repeats the text. */
export type InjectionFinding = { readonly start: number; readonly end: number; readonly rule: string };

/** `score` is between 0 and 1; what is found at 0.5, and what is alarmed about in vain, is in bench/injection.md. */
export type InjectionVerdict = { readonly score: number; readonly findings: readonly InjectionFinding[] };

/** What has to be outweighed. */
const bias = -5;
/** Below this nothing was found that would be worth naming. */
const faint = 0.05;

const logistic = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** Findings of all stretches whose score reaches the threshold, or the highest there is, in order; those that overlap as one. */
export function findInjections(text: string, threshold: number): InjectionVerdict {
  const all = readings(text).flatMap((reading) =>
    reading.stretches.map((stretch) => ({
      reading,
      stretch,
      score: logistic(bias + stretch.rules + stretch.wording),
    })),
  );
  let score = 0;
  for (const stretch of all) score = Math.max(score, stretch.score);
  if (score < faint) return { score, findings: [] };

  const least = Math.min(threshold, score);
  const found = new Map<Evidence, Evidence>();
  for (const { reading, stretch, score: own } of all) {
    if (own < least) continue;
    // Signs of a document make an order in it suspicious; they are none themselves.
    for (const piece of stretch.evidence) if (piece.group !== 'document') found.set(piece, placeOf(reading, piece));
    if (logistic(bias + stretch.rules) < least) {
      const whole = wholeStretch(reading, stretch);
      if (whole.end > whole.start) found.set(whole, whole);
    }
  }
  return { score, findings: merge([...found.values()]) };
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
