/** Looks for text that gives the model other orders, in every text that is not the application's own, and where two of them meet. */
import { unescaped } from './hidden-text.ts';
import type { InjectionPolicy } from './policy.ts';
import type { RequestContent, RequestText } from './request-text.ts';
import { type Range, rangesOf, type Seam, seamsOf } from './seams.ts';

export type InjectionInspection = {
  /** The worst of all, from the threshold on. */
  readonly found: { readonly score: number; readonly text: string } | null;
  /** Texts without it, where they can be cleaned. */
  readonly edits: ReadonlyMap<RequestText, string>;
  readonly isRefused: boolean;
};

/** Orders are short: this much to both sides of a seam is more than a sentence. */
const reach = 256;

const longestExcerpt = 8_192;

/** What it was found in, or as much around it. */
function excerpt(text: string, at: number): string {
  const start = Math.max(0, Math.min(at - longestExcerpt / 2, text.length - longestExcerpt));
  return text.slice(start, start + longestExcerpt).toWellFormed();
}

/** Some providers refuse a text without a character. */
const removed = '[removed]';
const insteadOf = (text: string): string => (Buffer.byteLength(text) >= removed.length ? removed : '.');

const without = (text: string, ranges: readonly Range[]): string => {
  let kept = '';
  let at = 0;
  for (const { start, end } of ranges.toSorted((one, other) => one.start - other.start)) {
    kept += text.slice(at, Math.max(at, start));
    at = Math.max(at, end);
  }
  return kept + text.slice(at);
};

/** Loaded with the first call that is looked at: shared/injection/injection-detector.ts. */
export type InjectionDetector = typeof import('../injection/injection-detector.ts');

export function inspectInjection(
  content: RequestContent,
  { mode, threshold }: InjectionPolicy,
  { detectInjection, sanitizeInjection }: InjectionDetector,
): InjectionInspection {
  const edits = new Map<RequestText, string>();
  let found: InjectionInspection['found'] = null;
  let isRefused = false;

  const note = (score: number, text: string, at: number): void => {
    if (score > (found?.score ?? -1)) found = { score, text: excerpt(text, at) };
    if (mode === 'block') isRefused = true;
  };
  const isClean = (text: string): boolean => {
    const shown = unescaped(text);
    return detectInjection(text).score < threshold && (shown === null || detectInjection(shown).score < threshold);
  };
  const put = (text: RequestText, clean: string): void => {
    edits.set(text, clean.trim() === '' ? insteadOf(text.text) : clean);
  };

  function inspectText(text: RequestText, seen: string | null): void {
    if (seen === null || isRefused) return;
    const { score, findings } = detectInjection(seen);
    if (score < threshold) return;
    note(score, seen, findings[0]?.start ?? 0);
    if (mode !== 'sanitize') return;
    const clean = sanitizeInjection(seen, threshold).text;
    if (!text.editable || !isClean(clean)) isRefused = true;
    else put(text, clean);
  }

  /** The ranges that have to go, by piece. */
  function inspectSeam(seam: Seam, pieces: readonly string[], away: Map<number, Range[]>): void {
    const { score, findings } = detectInjection(seam.text);
    const crossing = findings.filter(({ start, end }) => seam.crosses(start, end));
    const [first] = crossing;
    if (score < threshold || first === undefined) return;
    note(score, seam.text, first.start);
    if (mode !== 'sanitize') return;
    if (!isClean(without(seam.text, findings))) isRefused = true;
    for (const finding of findings) {
      for (const [piece, range] of rangesOf(seam, pieces, finding)) {
        const ranges = away.get(piece) ?? [];
        ranges.push(range);
        away.set(piece, ranges);
      }
    }
  }

  function inspectSeams(run: readonly RequestText[], between: '' | ' '): void {
    const pieces = run.map((text) => edits.get(text) ?? text.text);
    const away = new Map<number, Range[]>();
    for (const seam of seamsOf(pieces, reach, between)) {
      inspectSeam(seam, pieces, away);
      if (isRefused) return;
    }
    for (const [piece, ranges] of away) {
      const text = run[piece];
      if (text?.editable) put(text, without(pieces[piece] ?? '', ranges));
      else isRefused = true;
    }
  }

  for (const text of content.texts) {
    if (text.trust === 'trusted') continue;
    inspectText(text, text.text);
    inspectText(text, unescaped(edits.get(text) ?? text.text));
  }
  for (const run of [...content.runs, ...content.beside]) {
    if (run[0]?.trust !== 'untrusted') continue;
    for (const between of ['', ' '] as const) if (!isRefused) inspectSeams(run, between);
  }
  for (const document of content.documents) {
    if (document[0]?.trust === 'untrusted' && !isRefused) inspectSeams(document, ' ');
  }
  return { found, edits, isRefused };
}
