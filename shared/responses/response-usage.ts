/** The tokens of a chat completion, as a response counts them. */
import { isObject } from '../answer-text/text-leaf.ts';

const countIn = (counts: unknown, name: string): number | null => {
  const count = isObject(counts) ? counts[name] : null;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
};

/** Null where the provider has not counted. Zero is a count. */
export function responseUsage(usage: unknown) {
  const input = countIn(usage, 'prompt_tokens');
  if (!isObject(usage) || input === null) return null;
  const output = countIn(usage, 'completion_tokens') ?? 0;
  const inputDetails = usage['prompt_tokens_details'];
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: countIn(inputDetails, 'cached_tokens') ?? 0,
      cache_write_tokens: countIn(inputDetails, 'cache_write_tokens') ?? 0,
    },
    output_tokens: output,
    output_tokens_details: {
      reasoning_tokens: countIn(usage['completion_tokens_details'], 'reasoning_tokens') ?? 0,
    },
    total_tokens: countIn(usage, 'total_tokens') ?? input + output,
  };
}
