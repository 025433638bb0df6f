/**
 * What the gateway reads of a model call. Everything else of the API passes
 * through untouched: the provider knows its own parameters best.
 */
import * as z from 'zod/mini';

const upTo = (most: number) => z.nullish(z.int().check(z.minimum(1), z.maximum(most)));
const positive = upTo(Number.MAX_SAFE_INTEGER);
/** More than any model puts out; what is held for it stays a number that is exact. */
const tokens = upTo(1_000_000_000);
/** https://platform.openai.com/docs/api-reference/chat/create#chat-create-n */
const mostChoices = 128;
const model = z.string().check(z.minLength(1), z.maxLength(256));

export const chatRequestSchema = z.looseObject({
  model,
  messages: z.array(z.looseObject({ role: z.string() })).check(z.minLength(1)),
  stream: z.nullish(z.boolean()),
  stream_options: z.nullish(z.looseObject({ include_usage: z.nullish(z.boolean()) })),
  n: upTo(mostChoices),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  tools: z.nullish(z.array(z.looseObject({ type: z.string() }))),
  response_format: z.nullish(z.looseObject({ type: z.string() })),
});

export const embeddingRequestSchema = z.looseObject({
  model,
  input: z.union([z.string(), z.array(z.union([z.string(), z.int(), z.array(z.int())])).check(z.minLength(1))]),
  dimensions: positive,
  encoding_format: z.nullish(z.enum(['float', 'base64'])),
});

export const moderationRequestSchema = z.looseObject({
  model: z._default(model, 'omni-moderation-latest'),
  input: z.union([
    z.string(),
    z.array(z.union([z.string(), z.looseObject({ type: z.string() })])).check(z.minLength(1)),
  ]),
});
