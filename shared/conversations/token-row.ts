/** That something was appended, as a row beside what was: who may write it, and what it says to who comes again. Pure. */
import * as z from 'zod/mini';
import { usedWithAnotherBody } from '../idempotency/presented-key.ts';
import type { AppendToken } from './append-token.ts';

const rowSchema = z.object({
  bodyDigest: z.string(),
  isRetry: z.boolean(),
  receivedAtMs: z.int(),
  /** Unix seconds. DynamoDB drops expired items days late. */
  expiresAt: z.int(),
  append: z.string(),
  first: z.int(),
  count: z.int(),
});

/** What was appended: so many items from there on, by that request. */
export type TokenFor = { readonly append: string; readonly first: number; readonly count: number };

export const tokenRow = (
  { bodyDigest, isRetry, receivedAtMs, expiresAt }: AppendToken,
  { append, first, count }: TokenFor,
) => ({
  bodyDigest,
  isRetry,
  receivedAtMs,
  expiresAt,
  append,
  first,
  count,
});

/** Is one that was appended before all that may be under such a token? */
const isFinal = ({ isKeyed, isRetry }: AppendToken): boolean => isKeyed || isRetry;

/**
 * Who comes first may mean what was meant before once more, so he takes the token from whoever had it; but not from his own
 * retry, which has overtaken him:
 *
 *   first  ──received────────────────────────appends?──▶
 *   retry             └──received──appends──┘
 */
export const freeToken = (token: AppendToken, nowSeconds: number) => ({
  ConditionExpression: isFinal(token)
    ? 'attribute_not_exists(place) OR expiresAt <= :now'
    : 'attribute_not_exists(place) OR isRetry = :false OR receivedAtMs < :received',
  ExpressionAttributeValues: isFinal(token)
    ? { ':now': nowSeconds }
    : { ':false': false, ':received': token.receivedAtMs },
});

/** What was appended before under the token; null where it is free. Throws the caller's error where that was something else. */
export function keptFor(token: AppendToken, row: object, nowSeconds: number): Omit<TokenFor, 'append'> | null {
  const { bodyDigest, isRetry, receivedAtMs, expiresAt, first, count } = rowSchema.parse(row);
  const isTaken = isFinal(token) ? expiresAt > nowSeconds : isRetry && receivedAtMs >= token.receivedAtMs;
  if (!isTaken) return null;
  if (bodyDigest !== token.bodyDigest) throw usedWithAnotherBody();
  return { first, count };
}
