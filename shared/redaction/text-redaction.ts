/** Redaction of one text while it flows: a choice's content, the arguments of a tool call. */
import type { EntityKind } from './entity-kinds.ts';
import { createRedactedParts } from './redacted-parts.ts';
import type { Redactor } from './redactor.ts';

export type TextRedaction = {
  /** What may leave by now, redacted. Empty while all that came is undecided. */
  readonly push: (text: string) => string;
  /** The rest. To be called once, when the text is over, also where it was cut. */
  readonly end: () => string;
};

/** For who only wants the text; where it matters which part of it was replaced, there is `createRedactedParts`. */
export function createTextRedaction(redactor: Redactor, kinds: readonly EntityKind[]): TextRedaction {
  const partsOf = createRedactedParts(redactor, kinds);
  let held = '';
  let offset = 0;

  const advance = (text: string, last: boolean): string => {
    held += text;
    const { decided, parts } = partsOf(text, last);
    let leaving = '';
    let at = offset;
    for (const { start, end, text: instead } of parts) {
      leaving += held.slice(at - offset, start - offset) + instead;
      at = end;
    }
    leaving += held.slice(at - offset, decided - offset);
    held = held.slice(decided - offset);
    offset = decided;
    return leaving;
  };

  return { push: (text) => advance(text, false), end: () => advance('', true) };
}
