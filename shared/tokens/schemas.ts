/** https://platform.openai.com/docs/api-reference/responses/input-tokens: what of a response's request models read. */
import * as z from 'zod/mini';

const id = z.string().check(z.minLength(1), z.maxLength(256));

export const inputTokensSchema = z.looseObject({
  model: id,
  input: z.nullish(z.union([z.string(), z.array(z.looseObject({ type: z.nullish(z.string()) }))])),
  instructions: z.nullish(z.string()),
  previous_response_id: z.nullish(id),
  conversation: z.nullish(z.union([id, z.looseObject({ id })])),
  tools: z.nullish(z.array(z.looseObject({ type: z.string() }))),
  text: z.nullish(z.looseObject({ format: z.nullish(z.looseObject({ type: z.string() })) })),
});
