/** Redaction of one text while it flows: a choice's content, the arguments of a tool call. */
import type { EntityKind } from './entity.ts';
import type { Redactor } from './redactor.ts';
import { type OpenSecret, scan } from './scan.ts';

export type TextRedaction = {
  /** What may leave by now, redacted. Empty while all that came is undecided. */
  readonly push: (text: string) => string;
  /** The rest. To be called once, when the text is over, also where it was cut. */
  readonly end: () => string;
};

/** Of a secret without an end, so much is kept to know it again by. All of it is swallowed. */
const maxKeptLength = 65_536;

export function createTextRedaction(redactor: Redactor, kinds: readonly EntityKind[]): TextRedaction {
  const sought = new Set(kinds);
  let held = '';
  let open: { readonly body: OpenSecret['body']; readonly seen: string } | null = null;

  const advance = (text: string, atEnd: boolean): string => {
    held += text;
    if (held === '') {
      // Nothing of it is left to be read, but it has to leave.
      const seen = open?.seen;
      open = atEnd ? null : open;
      return atEnd && seen !== undefined ? redactor.placeholder('secrets', seen) : '';
    }
    const found = scan(held, sought, open && { start: 0, body: open.body }, atEnd);
    let leaving = '';
    let at = 0;
    let before = open?.seen ?? '';
    for (const { kind, start, end } of found.entities) {
      leaving += held.slice(at, start) + redactor.placeholder(kind, before + held.slice(start, end));
      before = '';
      at = end;
    }
    if (found.open) {
      leaving += held.slice(at, found.open.start);
      open = {
        body: found.open.body,
        seen: (before + held.slice(found.open.start, found.decided)).slice(0, maxKeptLength),
      };
    } else {
      leaving += held.slice(at, found.decided);
      open = null;
    }
    held = held.slice(found.decided);
    return leaving;
  };

  return { push: (text) => advance(text, false), end: () => advance('', true) };
}
