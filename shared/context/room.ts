/**
 * What of a model's window a conversation may take. Counts that are exact are held to it; of an estimate, which may be
 * wrong to either side, a share is kept free, and only what could not fit by any count is refused: the provider knows.
 */
import { leastOutputTokens, usualMaxOutputTokens } from '../admission/demand.ts';
import type { RequestTokens } from '../tokens/token-counter.ts';

export type Room = {
  readonly window: number;
  /** Kept for the answer: what the caller states, or else the least that is an answer. */
  readonly answer: number;
  /** What is better kept for it where something has to go anyway, and the caller states nothing. */
  readonly betterAnswer: number;
};

/** So much more than an estimate may it be. */
const estimateMargin = 1.1;
/** The most of a window that is kept for an answer of which nothing is stated. */
const largestShareOfAnswer = 1 / 8;

export function roomOf(window: number, stated: number | null, maxOutputTokens = usualMaxOutputTokens): Room {
  if (stated !== null) return { window, answer: stated, betterAnswer: stated };
  const answer = Math.min(leastOutputTokens, maxOutputTokens);
  const usual = Math.min(maxOutputTokens, Math.floor(window * largestShareOfAnswer));
  return { window, answer, betterAnswer: Math.max(answer, usual) };
}

type Count = Pick<RequestTokens, 'total' | 'exact'>;

/** So surely not that a provider need not be asked. */
export const cannotFit = ({ total, exact }: Count, { window, answer }: Room): boolean =>
  exact ? total + answer > window : total > window;

/** So surely that nothing has to go. */
export const surelyFits = ({ total, exact }: Count, { window, answer }: Room): boolean =>
  (exact ? total : total * estimateMargin) + answer <= window;

/** Tokens that a trimmed conversation may have, the best first. With less room for the answer more may stay. */
export function budgetsOf({ window, answer, betterAnswer }: Room, { exact }: Pick<Count, 'exact'>): readonly number[] {
  const budgets = [window - betterAnswer, window - answer];
  return exact ? budgets : [...budgets.map((budget) => Math.floor(budget / estimateMargin)), window];
}
