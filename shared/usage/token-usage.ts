/** The `usage` that providers report, taken for what it says and no further. */
import * as z from 'zod/mini';
import type { TokenCounts } from '../catalogue/price.ts';

/** More than any call can use: who reports more has not counted, and a cost made of it would not be exact. */
const mostTokens = 1_000_000_000;
const count = z.int().check(z.minimum(0), z.maximum(mostTokens));
const details = z.nullish(z.object({ cached_tokens: z.nullish(count), cache_write_tokens: z.nullish(count) }));
const outputDetails = z.nullish(z.object({ reasoning_tokens: z.nullish(count) }));

/** Chat completions say `prompt_tokens`; embeddings leave the completion out. */
const chatUsageSchema = z.object({
  prompt_tokens: count,
  completion_tokens: z.nullish(count),
  prompt_tokens_details: details,
  completion_tokens_details: outputDetails,
});
const responseUsageSchema = z.object({
  input_tokens: count,
  output_tokens: z.nullish(count),
  input_tokens_details: details,
  output_tokens_details: outputDetails,
});

export type Usage = TokenCounts & { readonly reasoning: number };

/** Null where the provider said nothing that can be counted. Zero is a count. */
export function usageOf(reported: unknown): Usage | null {
  const chat = chatUsageSchema.safeParse(reported);
  if (chat.success) {
    const { prompt_tokens, completion_tokens, prompt_tokens_details, completion_tokens_details } = chat.data;
    return counted(prompt_tokens, prompt_tokens_details, completion_tokens, completion_tokens_details);
  }
  const response = responseUsageSchema.safeParse(reported);
  if (!response.success) return null;
  const { input_tokens, output_tokens, input_tokens_details, output_tokens_details } = response.data;
  return counted(input_tokens, input_tokens_details, output_tokens, output_tokens_details);
}

function counted(
  input: number,
  ofInput: z.infer<typeof details>,
  output: number | null | undefined,
  ofOutput: z.infer<typeof outputDetails>,
): Usage {
  const cachedInput = Math.min(input, ofInput?.cached_tokens ?? 0);
  return {
    input,
    cachedInput,
    // What was read from the cache was not written to it: together they are never more than the input.
    cacheWrite: Math.min(input - cachedInput, ofInput?.cache_write_tokens ?? 0),
    output: output ?? 0,
    reasoning: ofOutput?.reasoning_tokens ?? 0,
  };
}

/** `usage` of a completion, as the `openai` package has it. */
export const usageObject = ({ input, cachedInput, output, reasoning }: Usage) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cachedInput },
  completion_tokens_details: { reasoning_tokens: reasoning },
});
