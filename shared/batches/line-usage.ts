/** Tokens of a line's answer, as far as the answer says. */
import * as z from 'zod/mini';

export const usageSchema = z.object({
  inputTokens: z.int(),
  cachedTokens: z.int(),
  outputTokens: z.int(),
  reasoningTokens: z.int(),
});
export type LineUsage = z.infer<typeof usageSchema>;

const count = z.catch(z.nullish(z.int().check(z.minimum(0))), undefined);
const details = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.catch(z.nullish(z.object(shape)), undefined);

/** Chat completions and embeddings count a prompt and a completion, responses an input and an output. */
const answerSchema = z.object({
  usage: z.object({
    prompt_tokens: count,
    completion_tokens: count,
    input_tokens: count,
    output_tokens: count,
    prompt_tokens_details: details({ cached_tokens: count }),
    completion_tokens_details: details({ reasoning_tokens: count }),
    input_tokens_details: details({ cached_tokens: count }),
    output_tokens_details: details({ reasoning_tokens: count }),
  }),
});

export function usageOf(body: unknown): LineUsage {
  const { usage } = answerSchema.safeParse(body).data ?? { usage: {} as z.infer<typeof answerSchema>['usage'] };
  const input = usage.input_tokens_details ?? usage.prompt_tokens_details;
  const output = usage.output_tokens_details ?? usage.completion_tokens_details;
  return {
    inputTokens: usage.input_tokens ?? usage.prompt_tokens ?? 0,
    cachedTokens: input?.cached_tokens ?? 0,
    outputTokens: usage.output_tokens ?? usage.completion_tokens ?? 0,
    reasoningTokens: output?.reasoning_tokens ?? 0,
  };
}
