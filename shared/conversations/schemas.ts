/** What the Conversations API reads. https://platform.openai.com/docs/api-reference/conversations */
import * as z from 'zod/mini';
import { metadataSchema } from '../http/metadata.ts';
import { cursor, wholeNumber } from '../http/page.ts';
import { itemTypes } from './item.ts';

const id = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected an id of letters, digits, dashes and underscores'));
const text = z.string();
const part = z.looseObject({ type: z.string().check(z.maxLength(64)) });
const parts = z.array(part).check(z.maxLength(1_000));
const content = z.union([text, parts]);
const status = z.nullish(z.enum(['in_progress', 'completed', 'incomplete']));
const callId = z.string().check(z.minLength(1), z.maxLength(128));
const common = { id: z.nullish(id) };

const message = z.looseObject({
  ...common,
  type: z.nullish(z.literal('message')),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content,
  status,
});
const functionCall = z.looseObject({
  ...common,
  type: z.literal('function_call'),
  call_id: callId,
  name: z.string().check(z.minLength(1), z.maxLength(128)),
  arguments: text,
  status,
});
const callOutput = z.looseObject({
  ...common,
  type: z.enum(['function_call_output', 'custom_tool_call_output']),
  call_id: callId,
  output: content,
  status,
});
const customToolCall = z.looseObject({
  ...common,
  type: z.literal('custom_tool_call'),
  call_id: callId,
  name: z.string().check(z.minLength(1), z.maxLength(128)),
  input: text,
});
const reasoning = z.looseObject({
  ...common,
  type: z.literal('reasoning'),
  summary: z.array(z.looseObject({ type: z.string(), text })),
  encrypted_content: z.nullish(text),
});
const mcpCall = z.looseObject({
  ...common,
  type: z.literal('mcp_call'),
  server_label: z.string(),
  name: z.string(),
  arguments: text,
  output: z.nullish(text),
});
const seen = [
  'message',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'reasoning',
  'mcp_call',
];
/** What providers' own tools do: each knows best what its items are like. */
const other = z.looseObject({ ...common, type: z.enum(itemTypes.filter((type) => !seen.includes(type))) });

const itemSchema = z.union([message, functionCall, callOutput, customToolCall, reasoning, mcpCall, other]);

/** As OpenAI limits it. */
const mostItems = 20;
const items = z.array(itemSchema).check(z.minLength(1), z.maxLength(mostItems));

export const conversationCreateSchema = z.strictObject({
  metadata: z.nullish(metadataSchema),
  items: z.nullish(z.array(itemSchema).check(z.maxLength(mostItems))),
});

export const conversationUpdateSchema = z.strictObject({ metadata: z.nullable(metadataSchema) });

/** What else could be included are details of providers' tools, which stand in the items as they came. */
const include = z.optional(z.union([z.array(text), text]));

export const itemListSchema = z.strictObject({
  after: z.optional(cursor),
  limit: z._default(wholeNumber(1, 100), 20),
  order: z._default(z.enum(['asc', 'desc']), 'desc'),
  include,
});

export const itemRetrieveSchema = z.strictObject({ include });

export const itemCreateSchema = z.strictObject({ items });
