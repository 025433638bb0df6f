/** What the caller of a response in the background sees before it has ended, and when it has failed. */
import type { GatewayError } from '../errors.ts';
import type { History } from '../history/history.ts';
import type { JsonObject } from '../stored-responses/stored-response.ts';

/** https://platform.openai.com/docs/api-reference/responses/object */
export const queuedResponse = (
  body: JsonObject,
  { responseId, conversationId, previousResponseId }: History,
  createdAt: number,
): JsonObject => ({
  id: responseId,
  object: 'response',
  created_at: createdAt,
  status: 'queued',
  background: true,
  error: null,
  incomplete_details: null,
  instructions: body['instructions'] ?? null,
  max_output_tokens: body['max_output_tokens'] ?? null,
  model: body['model'],
  output: [],
  parallel_tool_calls: body['parallel_tool_calls'] ?? true,
  previous_response_id: previousResponseId,
  conversation: conversationId === null ? null : { id: conversationId },
  reasoning: body['reasoning'] ?? { effort: null, summary: null },
  store: true,
  temperature: body['temperature'] ?? null,
  text: body['text'] ?? { format: { type: 'text' } },
  tool_choice: body['tool_choice'] ?? 'auto',
  tools: body['tools'] ?? [],
  top_p: body['top_p'] ?? null,
  truncation: body['truncation'] ?? 'disabled',
  usage: null,
  metadata: body['metadata'] ?? {},
});

export type ResponseFailure = { readonly code: string; readonly message: string };

export const failureOf = ({ row, message }: GatewayError): ResponseFailure => ({
  code: row.code ?? 'server_error',
  message,
});

export const failedResponse = (response: JsonObject, error: ResponseFailure): JsonObject => ({
  ...response,
  status: 'failed',
  error,
});
