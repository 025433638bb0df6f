/**
 * What frames texts and is in none of them, as OpenAI has published and everyone measures it:
 * https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb
 */
import type { EncodingName } from './encoding.ts';

/** `<|start|>{role}…<|message|>…<|end|>` */
export const perMessage = 3;
export const perName = 1;
/** Every answer is begun with `<|start|>assistant<|message|>`. */
export const perAnswer = 3;

/** Of tools, which models are shown as declarations of TypeScript. */
export const toolFraming = {
  perFunction: { o200k_base: 7, cl100k_base: 10 } satisfies Readonly<Record<EncodingName, number>>,
  perProperties: 3,
  perProperty: 3,
  perEnum: -3,
  perEnumItem: 3,
  perTools: 12,
} as const;

/** Not published: what a message costs, since that is how models are shown a call. */
export const perToolCall = 3;
/** Not published: what names the format and asks for it. */
export const perAnswerSchema = 10;
