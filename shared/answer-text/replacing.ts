/**
 * Replaces parts of a text that comes in segments, and leaves the others as they were written. What is not decided yet
 * is kept back.
 */
import type { Redactor } from '../redaction/redactor.ts';
import { divided, type Segment } from './segment.ts';

/** Offsets count all of the text. Never empty: something is always replaced. */
export type Replacement = { readonly start: number; readonly end: number; readonly text: string };

export type Replacements = {
  /** So much of the text stays as it is, but for what is replaced. */
  readonly decided: number;
  /** Those that were not told before. */
  readonly replacements: readonly Replacement[];
};

/** Looks at the next part of a text. After the `last`, all is decided. */
export type Replacer = (text: string, last: boolean) => Replacements;

export type Replacing = {
  readonly push: (segments: readonly Segment[]) => readonly Segment[];
  readonly end: () => readonly Segment[];
};

/** Texts that come in place of others stand in the first segment that can hold one; JSON's own signs stay. */
function replacedBy(segments: readonly Segment[], text: string): Segment[] {
  let said = false;
  return segments.map((segment) => {
    if (segment.form === 'structure') return segment;
    const instead = { ...segment, text: said ? '' : text, replaced: true };
    said = true;
    return instead;
  });
}

/** Once replaced is replaced: a placeholder that was put in is not one that was there. */
const readable = ({ text, replaced }: Segment): string => (replaced ? '\0'.repeat(text.length) : text);

export function createReplacing(replacer: Replacer): Replacing {
  let held: Segment[] = [];
  /** The first that has not left. */
  let head = 0;
  /** Where it begins. */
  let offset = 0;
  let waiting: Replacement[] = [];

  /** The held segments before `until`, which is not inside of one that is in one piece. */
  function take(until: number): Segment[] {
    const taken: Segment[] = [];
    for (let segment = held[head]; segment; segment = held[head]) {
      const end = offset + segment.text.length;
      if (end > until) {
        const parts = until > offset ? divided(segment, until - offset) : null;
        if (parts) {
          taken.push(parts[0]);
          held[head] = parts[1];
          offset = until;
        }
        break;
      }
      taken.push(segment);
      offset = end;
      head++;
    }
    return taken;
  }

  /** The piece that `at` is inside of, if it cannot be divided there. */
  function pieceAround(at: number): { readonly start: number; readonly end: number; readonly text: string } | null {
    let start = offset;
    for (let index = head; start < at; index++) {
      const segment = held[index];
      if (!segment) return null;
      const end = start + segment.text.length;
      if (at < end) return divided(segment, at - start) ? null : { start, end, text: segment.text };
      start = end;
    }
    return null;
  }

  /** Widened to whole pieces; what else is replaced in them is replaced along with it. */
  function widened(first: Replacement, index: number): { readonly replacement: Replacement; readonly count: number } {
    const before = pieceAround(first.start);
    let { start, end, text } = first;
    let count = 1;
    if (before) {
      text = before.text.slice(0, start - before.start) + text;
      start = before.start;
    }
    for (let after = pieceAround(end); after; after = pieceAround(end)) {
      const next = waiting[index + count];
      const inside = next && next.start < after.end ? next : null;
      text += after.text.slice(end - after.start, (inside?.start ?? after.end) - after.start) + (inside?.text ?? '');
      end = inside?.end ?? after.end;
      if (inside) count++;
    }
    return { replacement: { start, end, text }, count };
  }

  function release({ decided, replacements }: Replacements): readonly Segment[] {
    for (const replacement of replacements) waiting.push(replacement);
    const released: Segment[] = [];
    let done = 0;
    for (let first = waiting[done]; first; first = waiting[done]) {
      const { replacement, count } = widened(first, done);
      if (replacement.end > decided) break;
      for (const segment of take(replacement.start)) released.push(segment);
      for (const segment of replacedBy(take(replacement.end), replacement.text)) released.push(segment);
      done += count;
    }
    waiting = waiting.slice(done);
    const until = Math.min(decided, waiting[0]?.start ?? decided);
    for (const segment of take(pieceAround(until)?.start ?? until)) released.push(segment);
    held = held.slice(head);
    head = 0;
    return released;
  }

  return {
    push(segments) {
      if (segments.length === 0) return [];
      for (const segment of segments) held.push(segment);
      return release(replacer(segments.map(readable).join(''), false));
    },
    end: () => release(replacer('', true)),
  };
}

/** Looks for what was found before again in what follows a text that has left: what reaches into it is replaced where it goes on. */
export function continued(replacer: Replacer, before: string): Replacer {
  if (before === '') return replacer;
  const skipped = before.length;
  const told = replacer(before, false);
  let untold = told.replacements;
  return (text, last) => {
    const { decided, replacements } = replacer(text, last);
    const all = [...untold, ...replacements];
    untold = [];
    return {
      decided: Math.max(0, decided - skipped),
      replacements: all
        .filter(({ end }) => end > skipped)
        .map(({ start, end, text }) => ({ start: Math.max(0, start - skipped), end: end - skipped, text })),
    };
  };
}

/** What could be a placeholder. */
const bracketed = /\[[^[\]]*\]/g;

/** Puts back what was replaced in the request. */
export function restoring(redactor: Redactor): Replacer {
  let held = '';
  let offset = 0;
  return (text, last) => {
    held += text;
    const decided = last ? held.length : redactor.undecidedFrom(held);
    const replacements: Replacement[] = [];
    for (const { 0: written, index } of held.slice(0, decided).matchAll(bracketed)) {
      const original = redactor.restore(written);
      const start = offset + index;
      if (original !== written) replacements.push({ start, end: start + written.length, text: original });
    }
    offset += decided;
    held = held.slice(decided);
    return { decided: offset, replacements };
  };
}
