/** What redaction replaces in one text while it flows, and where. */
import type { EntityKind } from './entity.ts';
import type { Redactor } from './redactor.ts';
import { type OpenSecret, scan } from './scan.ts';

/** Offsets count all that was ever pushed. */
export type RedactedPart = { readonly start: number; readonly end: number; readonly text: string };

/** Of a secret without an end, so much is kept to know it again by. All of it is swallowed. */
const maxKeptLength = 65_536;

/**
 * What was pushed before `decided` stays as it is, but for the parts that are told, each once.
 * What is swallowed is told as empty, but its last character, which stands for the placeholder that comes with the secret's end.
 */
export function createRedactedParts(
  redactor: Pick<Redactor, 'placeholder'>,
  kinds: readonly EntityKind[],
): (text: string, last: boolean) => { readonly decided: number; readonly parts: readonly RedactedPart[] } {
  const sought = new Set(kinds);
  let held = '';
  /** Where `held` begins. */
  let offset = 0;
  let open: { readonly body: OpenSecret['body']; readonly seen: string; readonly untold: number } | null = null;

  return (text, last) => {
    held += text;
    if (held === '' && open) {
      if (!last) return { decided: open.untold, parts: [] };
      // Nothing of it is left to be read, but it has to leave.
      const parts = [{ start: open.untold, end: offset, text: redactor.placeholder('secrets', open.seen) }];
      open = null;
      return { decided: offset, parts };
    }
    const found = scan(held, sought, open && { start: 0, body: open.body }, last);
    const parts: RedactedPart[] = [];
    for (const { kind, start, end } of found.entities) {
      const value: string = (open?.seen ?? '') + held.slice(start, end);
      parts.push({ start: open?.untold ?? offset + start, end: offset + end, text: redactor.placeholder(kind, value) });
      open = null;
    }
    const decided = offset + found.decided;
    if (found.open) {
      const from: number = open?.untold ?? offset + found.open.start;
      const untold = Math.max(from, decided - 1);
      if (untold > from) parts.push({ start: from, end: untold, text: '' });
      const seen: string = (open?.seen ?? '') + held.slice(found.open.start, found.decided);
      open = { body: found.open.body, seen: seen.slice(0, maxKeptLength), untold };
    } else open = null;
    held = held.slice(found.decided);
    offset = decided;
    return { decided: open?.untold ?? decided, parts };
  };
}
