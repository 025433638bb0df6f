/** Redaction of one text while it flows, as the guard of streams does it, told as the text that has left. */
import type { EntityKind } from '../../../shared/redaction/entity.ts';
import { createRedactedParts } from '../../../shared/redaction/redacted-parts.ts';
import type { Redactor } from '../../../shared/redaction/redactor.ts';

export function flowingText(redactor: Redactor, kinds: readonly EntityKind[]) {
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

  return { push: (text: string) => advance(text, false), end: () => advance('', true) };
}
