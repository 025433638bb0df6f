/** A conversation without its oldest turns, as few of them as it takes to fit. Linear in its length. docs/adr/0061 */
import type { RequestTokens } from '../tokens/token-counter.ts';
import { type Body, type ConversationKind, itemsOf, withItems } from './conversation.ts';
import { cutsOf, isInstruction } from './turns.ts';

export type Trimmed<Of extends Body> = {
  readonly body: Of;
  /** Tokens of what is left. */
  readonly tokens: number;
  readonly dropped: readonly unknown[];
  readonly droppedTokens: number;
};

/**
 * What the application told the model stays wherever it stands, and so does everything from the user's last message on.
 * Null where even that does not fit; the very same body where all of it does.
 */
export function trimmed<Of extends Body>(
  kind: ConversationKind,
  body: Of,
  { total, items: tokens }: RequestTokens,
  budget: number,
): Trimmed<Of> | null {
  if (total <= budget) return { body, tokens: total, dropped: [], droppedTokens: 0 };
  const items = itemsOf(kind, body);
  const cuts = new Set(cutsOf(items));
  let left = total;
  for (const [cut, item] of items.entries()) {
    if (left <= budget && cuts.has(cut)) {
      const kept = items.filter((each, index) => index >= cut || isInstruction(each));
      return {
        body: withItems(kind, body, kept),
        tokens: left,
        dropped: items.slice(0, cut).filter((each) => !isInstruction(each)),
        droppedTokens: total - left,
      };
    }
    if (!isInstruction(item)) left -= tokens[cut] ?? 0;
  }
  return null;
}
