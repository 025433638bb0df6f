/** What is done with an answer before the caller sees it, whole or while it streams. docs/adr/0055 */
import type { Unreadable } from '../answer-text/text-leaf.ts';
import type { EntityKind } from '../redaction/entity.ts';
import type { Redactor } from '../redaction/redactor.ts';

/** Never rejects. What it finds, and what is done where nobody can look, is its own affair. */
export type OutputCheck = (text: string) => Promise<'cleared' | 'refused'>;

export type OutputModeration = {
  readonly check: OutputCheck;
  /** Where not, it looks, and whatever it says, the answer goes on. */
  readonly holdsBack: boolean;
  /** Of a stream, so much is checked at once, if no sentence ends earlier. */
  readonly windowChars: number;
};

export type OutputGuard = {
  readonly moderation: OutputModeration | null;
  /** Replaces what it finds. */
  readonly redaction: { readonly kinds: readonly EntityKind[]; readonly redactor: Redactor } | null;
  /**
   * Puts back what was replaced in the request. Last of all: what the answer says of it by itself is still replaced, and
   * moderation, which is a provider too, sees placeholders.
   */
  readonly restore: Redactor | null;
};

/** Does it see to it that nothing unseen leaves? */
export const holdsBack = ({ moderation, redaction }: OutputGuard): boolean =>
  redaction !== null || moderation?.holdsBack === true;

/** What cannot be read is not let through (I8). Redaction is of text; what sound and pictures say is moderation's concern. */
export const isRefused = (unreadable: Unreadable, guard: OutputGuard): boolean =>
  unreadable === 'text' ? holdsBack(guard) : unreadable === 'media' && guard.moderation?.holdsBack === true;
