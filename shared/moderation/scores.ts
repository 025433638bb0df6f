/** What a moderation endpoint answers. https://platform.openai.com/docs/api-reference/moderations/object */
import { moderationCategories } from '../safety/categories.ts';
import type { ModerationScores } from './moderator.ts';

export type Read =
  | { readonly kind: 'scores'; readonly scores: readonly ModerationScores[] }
  /** Without a word of the answer. */
  | { readonly kind: 'malformed'; readonly how: string };

type Members = Readonly<Record<string, unknown>>;

const malformed = (how: string): Read => ({ kind: 'malformed', how });

const membersOf = (value: unknown): Members | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * One result for each of so many inputs, in their order. Strict where a mistake would make something look safe: categories may
 * be missing, and unknown ones are no business of ours, but a result in which none is known has not been judged at all.
 */
export function readScores(text: string, inputs: number): Read {
  const answer = membersOf(parsed(text));
  if (answer === null) return malformed('not an object');
  if (answer['error']) return malformed('an error in a 200');
  const results = answer['results'];
  if (!Array.isArray(results)) return malformed('no results');
  if (results.length !== inputs) return malformed('another number of results');
  const scores: ModerationScores[] = [];
  for (const result of results) {
    const given = membersOf(membersOf(result)?.['category_scores']);
    if (given === null) return malformed('no scores');
    const known = moderationCategories.filter((category) => Object.hasOwn(given, category));
    if (known.length === 0) return malformed('no known category');
    if (!known.every((category) => isScore(given[category]))) return malformed('a score that is none');
    scores.push(Object.fromEntries(known.map((category) => [category, given[category]])));
  }
  return { kind: 'scores', scores };
}

const isScore = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;

/** Of a text in pieces: by category, that of the worst piece. */
export const worst = (all: readonly ModerationScores[]): ModerationScores =>
  Object.fromEntries(
    moderationCategories.flatMap((category) => {
      const scores = all.flatMap((one) => one[category] ?? []);
      return scores.length > 0 ? [[category, Math.max(...scores)]] : [];
    }),
  );
