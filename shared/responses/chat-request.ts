/**
 * A request for a response as one for a chat completion: docs/adr/0062.
 * https://platform.openai.com/docs/api-reference/responses/create
 */
import { isObject, type JsonObject } from '../answer-text/text-leaf.ts';
import { chatMessagesOf } from './chat-messages.ts';
import { chatToolsOf, saidOf } from './chat-tools.ts';
import { isSaid, Untranslatable } from './untranslatable.ts';

type Body = Readonly<Record<string, unknown>>;

export type ChatRequest =
  | { readonly kind: 'translated'; readonly body: Body }
  | { readonly kind: 'refused'; readonly message: string; readonly param: string; readonly elsewhere: boolean };

/** What means the same in both, by its name in each. */
const chatNames = new Map([
  ['model', 'model'],
  ['max_output_tokens', 'max_completion_tokens'],
  ['temperature', 'temperature'],
  ['top_p', 'top_p'],
  ['user', 'user'],
  ['safety_identifier', 'safety_identifier'],
  ['prompt_cache_key', 'prompt_cache_key'],
  ['prompt_cache_options', 'prompt_cache_options'],
  ['prompt_cache_retention', 'prompt_cache_retention'],
  ['service_tier', 'service_tier'],
]);

/** Translated below. */
const composed = new Set([
  ...['instructions', 'input', 'tools', 'tool_choice', 'parallel_tool_calls'],
  ...['text', 'reasoning', 'include', 'top_logprobs'],
]);

/** No business of the provider's: the gateway sees to it, or it has no meaning for a model without tools of its own. */
const ours = new Set([
  ...['background', 'conversation', 'metadata', 'previous_response_id', 'store', 'stream', 'truncation'],
  ...['max_tool_calls', 'stream_options'],
]);

function formatOf(text: JsonObject): Record<string, unknown> {
  const format = text['format'];
  if (!isSaid(format)) return {};
  if (!isObject(format)) throw Untranslatable.wrong('text.format', 'an object');
  switch (format['type']) {
    case 'text':
      return {};
    case 'json_object':
      return { response_format: { type: 'json_object' } };
    case 'json_schema': {
      const json_schema = saidOf(format, ['name', 'description', 'schema', 'strict']);
      return { response_format: { type: 'json_schema', json_schema } };
    }
    default:
      throw Untranslatable.missing('text.format.type');
  }
}

/** An object, or nothing. */
function objectIn(body: Body, name: string): JsonObject {
  const value = body[name];
  if (!isSaid(value)) return {};
  if (!isObject(value)) throw Untranslatable.wrong(name, 'an object');
  return value;
}

/** Whatever else may be included belongs to tools of OpenAI's, or is a reasoning that only OpenAI can read. */
function logprobsOf({ include, top_logprobs }: Body): Record<string, unknown> {
  const included = Array.isArray(include) && include.includes('message.output_text.logprobs');
  if (!included && !isSaid(top_logprobs)) return {};
  return { logprobs: true, ...(isSaid(top_logprobs) && { top_logprobs }) };
}

function translated(body: Body): Body {
  const said = Object.entries(body).filter(([, value]) => isSaid(value));
  const unknown = said.find(([name]) => !chatNames.has(name) && !composed.has(name) && !ours.has(name));
  if (unknown) throw Untranslatable.missing(unknown[0]);
  const text = objectIn(body, 'text');
  const { effort } = objectIn(body, 'reasoning');
  const { verbosity } = text;
  const tools = chatToolsOf(body['tools'], body['tool_choice']);
  return {
    ...Object.fromEntries(
      said.flatMap(([name, value]) => {
        const chatName = chatNames.get(name);
        return chatName === undefined ? [] : [[chatName, value]];
      }),
    ),
    messages: chatMessagesOf(body['instructions'], body['input']),
    ...tools,
    ...(tools.tools && saidOf(body, ['parallel_tool_calls'])),
    ...formatOf(text),
    ...(isSaid(verbosity) && { verbosity }),
    ...(isSaid(effort) && { reasoning_effort: effort }),
    ...logprobsOf(body),
  };
}

export function chatRequestOf(body: Body): ChatRequest {
  try {
    return { kind: 'translated', body: translated(body) };
  } catch (thrown) {
    if (!(thrown instanceof Untranslatable)) throw thrown;
    const { message, param, elsewhere } = thrown;
    return { kind: 'refused', message, param, elsewhere };
  }
}
