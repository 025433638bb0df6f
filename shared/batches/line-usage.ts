/** Tokens of a line's answer, as far as the answer says. */
import * as z from 'zod/mini';
import { usageOf as usageIn } from '../usage/token-usage.ts';

export const usageSchema = z.object({
  inputTokens: z.int(),
  cachedTokens: z.int(),
  outputTokens: z.int(),
  reasoningTokens: z.int(),
});
export type LineUsage = z.infer<typeof usageSchema>;

const answerSchema = z.object({ usage: z.unknown() });

export function usageOf(body: unknown): LineUsage {
  const usage = usageIn(answerSchema.safeParse(body).data?.usage);
  return {
    inputTokens: usage?.input ?? 0,
    cachedTokens: usage?.cachedInput ?? 0,
    outputTokens: usage?.output ?? 0,
    reasoningTokens: usage?.reasoning ?? 0,
  };
}
