import { findInjections } from './detector.ts';

/** The text without what was found, if it scores at least `threshold`; all other characters stay as they were. */
export function sanitizeInjection(
  text: string,
  threshold: number,
): { readonly text: string; readonly removed: number } {
  const { score, findings } = findInjections(text, threshold);
  if (score < threshold) return { text, removed: 0 };
  let kept = '';
  let at = 0;
  for (const { start, end } of findings) {
    kept += text.slice(at, start);
    at = end;
  }
  return { text: kept + text.slice(at), removed: findings.length };
}
