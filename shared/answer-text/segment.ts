/**
 * A text of an answer, piece by piece: what the provider wrote, and what it says. The two differ where the text is JSON
 * and has escapes, and where something was put in place of something else.
 */
export type Segment = {
  /** As the provider wrote it. */
  readonly written: string;
  /** What it says; once replaced, what is said instead. */
  readonly text: string;
  /**
   * What may be done with it. `plain`: anything. Of JSON: `string` is the inside of one, `token` a number or a literal, which
   * has to become a string when it is replaced, and `structure` is never replaced.
   */
  readonly form: 'plain' | 'string' | 'token' | 'structure';
  readonly replaced: boolean;
};

export const segmentOf = (written: string, form: Segment['form'], text = written): Segment => ({
  written,
  text,
  form,
  replaced: false,
});

/** As the caller gets it. */
export function rewritten({ written, text, form, replaced }: Segment): string {
  if (!replaced || form === 'structure') return written;
  if (form === 'plain') return text;
  const json = JSON.stringify(text);
  return form === 'token' ? json : json.slice(1, -1);
}

/** Escapes, numbers and what was replaced are in one piece. */
const isDivisible = ({ written, text, form, replaced }: Segment): boolean =>
  !replaced && form !== 'token' && written.length === text.length;

/** Null where it cannot be divided there. */
export function divided(segment: Segment, at: number): readonly [Segment, Segment] | null {
  if (!isDivisible(segment)) return null;
  const part = (text: string): Segment => segmentOf(text, segment.form);
  return [part(segment.written.slice(0, at)), part(segment.written.slice(at))];
}

export const textOf = (segments: readonly Segment[]): string => segments.map(({ text }) => text).join('');
