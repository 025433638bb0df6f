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

const metadata = z
  .record(z.string().check(z.maxLength(64)), z.string().check(z.maxLength(512)))
  .check(z.refine((pairs) => Object.keys(pairs).length <= 16, 'at most 16 pairs'));

/** What belongs to a provider that keeps prompts and histories itself. */
const keptElsewhere = ['prompt', 'context_management'] as const;

/** https://platform.openai.com/docs/api-reference/responses/create */
export const responseRequestSchema = z
  .looseObject({
    model,
    input: z.nullish(z.union([z.string(), z.array(z.looseObject({ type: z.nullish(z.string()) }))])),
    instructions: z.nullish(z.string()),
    stream: z.nullish(z.boolean()),
    stream_options: z.nullish(z.looseObject({ include_obfuscation: z.nullish(z.boolean()) })),
    background: z.nullish(z.boolean()),
    store: z.nullish(z.boolean()),
    previous_response_id: z.nullish(z.string().check(z.minLength(1), z.maxLength(256))),
    conversation: z.nullish(
      z.union([
        z.string().check(z.minLength(1), z.maxLength(256)),
        z.looseObject({ id: z.string().check(z.minLength(1), z.maxLength(256)) }),
      ]),
    ),
    max_output_tokens: tokens,
    tools: z.nullish(z.array(z.looseObject({ type: z.string() }))),
    text: z.nullish(z.looseObject({ format: z.nullish(z.looseObject({ type: z.string() })) })),
    truncation: z.nullish(z.enum(['auto', 'disabled'])),
    metadata: z.nullish(metadata),
  })
  .check((context) => {
    const { value } = context;
    const wrong = (param: string, message: string) =>
      void context.issues.push({ code: 'custom', input: value, path: [param], message });
    const { input, previous_response_id: previous, conversation } = value;
    for (const name of keptElsewhere) if (value[name] != null) wrong(name, 'the gateway does not serve it');
    if (value.background && value.stream) wrong('background', 'a response in the background is not streamed');
    if (previous != null && conversation != null)
      wrong('previous_response_id', "only one of it and 'conversation' may be given");
    if ((input == null || input.length === 0) && previous == null && conversation == null)
      wrong('input', 'there is nothing to respond to');
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
