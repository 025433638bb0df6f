/** Asks a model how unsafe texts and images are. Whether that is too much is for the policy to say. */
import type { ModerationCategory } from '../safety/categories.ts';

/** In [0, 1]. A provider may leave out what it does not know. */
export type ModerationScores = Readonly<Partial<Record<ModerationCategory, number>>>;

export type ModerationInput = {
  readonly texts: readonly string[];
  /** `https:` or `data:` URLs. */
  readonly images: readonly string[];
};

export type ModerationResult =
  /** One for each text, then one for each image. */
  | { readonly kind: 'scored'; readonly scores: readonly ModerationScores[] }
  /** `why` is for a log: a cause of the table of errors, or what was malformed. Never content. */
  | { readonly kind: 'unavailable'; readonly why: string };

export type ModerationQuestion = {
  /** Whose content it is: what is remembered of it is remembered for this tenant alone (I5). */
  readonly projectId: string;
  readonly requestId: string;
  readonly timeoutMs: number;
  /** Fires when nobody wants to know any more. */
  readonly signal: AbortSignal;
};

export interface Moderator {
  /** Never rejects. */
  moderate(input: ModerationInput, question: ModerationQuestion): Promise<ModerationResult>;
}
