/** A conversation as it may be sent: whole, without its oldest turns, or not at all. */
import type { RequestTokens } from '../tokens/token-counter.ts';
import type { Conversation } from './conversation.ts';
import type { Truncation } from './project-context.ts';
import { budgetsOf, cannotFit, type Room, surelyFits } from './room.ts';
import { type Trimmed, trimmed } from './trimmed.ts';

export type Fit = Trimmed<Conversation['body']>;

/** Null: it does not fit. `besides`: tokens that something else takes, which is to be put in. */
export function longestFit(
  { kind, body }: Conversation,
  tokens: RequestTokens,
  room: Room,
  truncation: Truncation,
  besides = 0,
): Fit | null {
  const whole: Fit = { body, tokens: tokens.total, dropped: [], droppedTokens: 0 };
  if (truncation === 'disabled') return cannotFit(tokens, room) ? null : whole;
  if (surelyFits(tokens, room)) return whole;
  for (const budget of budgetsOf(room, tokens)) {
    const fitting = trimmed(kind, body, tokens, budget - besides);
    if (fitting) return fitting;
  }
  return null;
}
