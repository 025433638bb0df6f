/**
 * A response as its caller asked for it. Its provider was asked for something else: with the history in its input, with
 * tools that have their definitions, and without keeping anything; what it echoes of that is not the caller's.
 */
import type { InferenceCall } from '../inference/attempts.ts';
import { isObject, type Json } from './dialect.ts';

const orElse = (asked: Json, name: string, otherwise: unknown): Json => ({ [name]: asked[name] ?? otherwise });

export function presented(
  response: Json,
  { body, prepared: { history } }: Pick<InferenceCall, 'body' | 'prepared'>,
): Json {
  const asked = isObject(body) ? body : {};
  const conversation = history?.conversationId ?? null;
  return {
    ...response,
    ...(history && { id: history.responseId }),
    ...orElse(asked, 'background', false),
    ...orElse(asked, 'instructions', null),
    ...orElse(asked, 'max_output_tokens', null),
    ...orElse(asked, 'metadata', {}),
    ...orElse(asked, 'tool_choice', 'auto'),
    ...orElse(asked, 'tools', []),
    ...orElse(asked, 'truncation', 'disabled'),
    conversation: conversation === null ? null : { id: conversation },
    previous_response_id: history?.previousResponseId ?? null,
    store: history?.stored ?? false,
  };
}
