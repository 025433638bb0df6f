/**
 * The format of an answer for a provider that cannot be held to it: said in words, which the model is to follow. That it has,
 * the gateway finds out by itself, for every provider: shared/structured/.
 */
import type { UpstreamRequest } from './provider.ts';

export const structuredOutputs = ['json_schema', 'json_object', 'instruction'] as const;
/** What a provider can do by itself, the most first. */
export type StructuredOutputs = (typeof structuredOutputs)[number];

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * No longer than what a request frames its format with, which then is not sent, and what a call is thought to take besides
 * (shared/admission/input-bound.ts): so the bound of its input holds (I2).
 */
const anyObject = 'Answer with one JSON object, without prose or code fences.';
const ofSchema = 'Answer with JSON alone, without prose or code fences, that conforms to this JSON Schema:';

export function withInstructedFormat(
  { endpoint, body, ...request }: UpstreamRequest,
  can: StructuredOutputs,
): UpstreamRequest {
  if (endpoint === '/chat/completions') return { ...request, endpoint, body: instructedChat(body, can) };
  return { ...request, endpoint, body: endpoint === '/responses' ? instructedResponse(body, can) : body };
}

function instructedChat(body: Json, can: StructuredOutputs): Json {
  const { response_format: format, ...rest } = body;
  if (!isObject(format)) return body;
  const instruction = instructionFor(format['type'], format['json_schema'], can);
  if (instruction === null) return body;
  const messages = Array.isArray(body['messages']) ? body['messages'] : [];
  return {
    ...rest,
    ...(can === 'json_object' && { response_format: { type: 'json_object' } }),
    messages: instructedMessages(messages, instruction),
  };
}

/** In the first message, where it says what the model is: not every model takes such a message anywhere else, or two of them. */
function instructedMessages(messages: readonly unknown[], text: string): readonly unknown[] {
  const [first, ...others] = messages;
  if (!isObject(first) || (first['role'] !== 'system' && first['role'] !== 'developer')) {
    return [{ role: 'system', content: text }, ...messages];
  }
  const { content } = first;
  const both = Array.isArray(content) ? [...content, { type: 'text', text }] : joined(content, text);
  return [{ ...first, content: both }, ...others];
}

function instructedResponse(body: Json, can: StructuredOutputs): Json {
  const { text } = body;
  const format = isObject(text) ? text['format'] : undefined;
  if (!isObject(text) || !isObject(format)) return body;
  const instruction = instructionFor(format['type'], format, can);
  if (instruction === null) return body;
  const left = can === 'json_object' ? { type: 'json_object' } : { type: 'text' };
  return { ...body, text: { ...text, format: left }, instructions: joined(body['instructions'], instruction) };
}

const joined = (before: unknown, text: string): string =>
  typeof before === 'string' && before !== '' ? `${before}\n\n${text}` : text;

/** Null where the provider can be told as it is. */
function instructionFor(type: unknown, definition: unknown, can: StructuredOutputs): string | null {
  if (type === 'json_object') return can === 'instruction' ? anyObject : null;
  if (type !== 'json_schema' || can === 'json_schema' || !isObject(definition)) return null;
  const { schema = {}, description } = definition;
  return [ofSchema, JSON.stringify(schema), ...(typeof description === 'string' ? [description] : [])].join('\n');
}
