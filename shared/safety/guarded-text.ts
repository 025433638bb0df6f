/**
 * One text of an answer on its way through the guard:
 *
 *   written ──segments──▶ redacted ──▶ held back until checked ──▶ restored ──▶ may leave
 */
import { createJsonSegments, plainSegments } from '../answer-text/json-segments.ts';
import { continued, createReplacing, type Replacer, type Replacing, restoring } from '../answer-text/replacing.ts';
import { rewritten, type Segment, textOf } from '../answer-text/segment.ts';
import { maxEntityLength } from '../redaction/entities.ts';
import { createRedactedParts } from '../redaction/redacted-parts.ts';
import type { OutputGuard } from './output-guard.ts';
import type { Windows } from './windows.ts';

export type GuardedText = {
  readonly push: (written: string) => void;
  /** Nothing more is expected: what could have been the beginning of something is what it is. It may go on all the same. */
  readonly end: () => void;
  /** Was it ended, and has not gone on since? */
  readonly isOver: () => boolean;
  readonly windows: Windows | null;
  /** What may leave by now. */
  readonly take: () => readonly Segment[];
};

const asItIs: Replacing = { push: (segments) => segments, end: () => [] };

const redacting = ({ kinds, redactor }: NonNullable<OutputGuard['redaction']>): Replacer => {
  const parts = createRedactedParts(redactor, kinds);
  return (text, last) => {
    const { decided, parts: replacements } = parts(text, last);
    return { decided, replacements };
  };
};

const segmentsOf = (json: boolean) => (json ? createJsonSegments() : plainSegments);

export function createGuardedText(
  { redaction, restore }: OutputGuard,
  { json, windows }: { readonly json: boolean; readonly windows: Windows | null },
): GuardedText {
  const segments = segmentsOf(json);
  /** What was last read for redaction: what goes on after its end is read in its light. */
  let lastRead = '';
  let over = false;
  let redacted = redaction ? createReplacing(redacting(redaction)) : asItIs;
  let restored = restore ? createReplacing(restoring(restore)) : asItIs;
  let unchecked: Segment[] = [];

  function redact(read: readonly Segment[]): readonly Segment[] {
    if (redaction && read.length > 0) lastRead = (lastRead + textOf(read)).slice(-maxEntityLength);
    return redacted.push(read);
  }

  function pass(leaving: readonly Segment[]): void {
    if (windows) windows.push(leaving);
    else for (const segment of leaving) unchecked.push(segment);
  }

  function goOn(): void {
    over = false;
    if (redaction) redacted = createReplacing(continued(redacting(redaction), lastRead));
  }

  return {
    push(written) {
      if (over) goOn();
      pass(redact(segments.push(written)));
    },
    end() {
      if (over) return;
      over = true;
      pass(redact(segments.end()));
      pass(redacted.end());
      windows?.flush();
    },
    isOver: () => over,
    windows,
    take() {
      const cleared = windows ? windows.takeCleared() : unchecked;
      unchecked = [];
      const leaving = restored.push(cleared);
      if (!restore || !over || (windows && !windows.isEmpty())) return leaving;
      const rest = restored.end();
      restored = createReplacing(restoring(restore));
      return [...leaving, ...rest];
    },
  };
}

export type WholeText = {
  /** What moderation is to see. */
  readonly seen: string;
  /** What the caller is to get. */
  readonly said: string;
};

/** A text that is there in one piece: it says what it would have said in pieces. */
export function guardedWhole(written: string, json: boolean, { redaction, restore }: OutputGuard): WholeText {
  const lexer = segmentsOf(json);
  const replaced = (segments: readonly Segment[], replacer: Replacer | null): readonly Segment[] => {
    if (!replacer) return segments;
    const replacing = createReplacing(replacer);
    return [...replacing.push(segments), ...replacing.end()];
  };
  const read = [...lexer.push(written), ...lexer.end()];
  const redacted = replaced(read, redaction && redacting(redaction));
  const restored = replaced(redacted, restore && restoring(restore));
  return { seen: textOf(redacted), said: restored.map(rewritten).join('') };
}
