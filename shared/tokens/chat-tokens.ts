/** Of `POST /v1/chat/completions`. */
import { contentTokens } from './content-tokens.ts';
import { perAnswer, perAnswerSchema, perMessage, perName, perToolCall } from './framing.ts';
import { type JsonObject, jsonTokens, listOf, objectOf, type Scale, sum, textOf } from './scale.ts';
import { toolTokens } from './tool-tokens.ts';

/** What was called, as the model wrote it: `function` of a call, and the older `function_call`. */
export function callTokens({ text, estimated }: Scale, name: unknown, args: unknown): number {
  return estimated(perToolCall + text(textOf(name)) + text(textOf(args)));
}

function toolCallTokens(scale: Scale, call: JsonObject): number {
  const called = objectOf(call['type'] === 'custom' ? call['custom'] : call['function']);
  return callTokens(scale, called['name'], called['arguments'] ?? called['input']);
}

/** Whatever else a message has is shown to models that know it, as the reasoning of some. */
function memberTokens(scale: Scale, name: string, value: unknown): number {
  switch (name) {
    case 'content':
      return contentTokens(scale, value);
    case 'name':
      return typeof value === 'string' ? perName + scale.text(value) : 0;
    case 'tool_calls':
      return sum(listOf(value).map((call) => toolCallTokens(scale, objectOf(call))));
    case 'function_call':
      return value == null ? 0 : callTokens(scale, objectOf(value)['name'], objectOf(value)['arguments']);
    // It ties a result to its call, and is in neither.
    case 'tool_call_id':
      return 0;
    default:
      return typeof value === 'string' ? scale.text(value) : jsonTokens(scale, value);
  }
}

const messageTokens = (scale: Scale, message: unknown): number =>
  perMessage + sum(Object.entries(objectOf(message)).map(([name, value]) => memberTokens(scale, name, value)));

/** `json_schema` of chat, and the format of responses itself: a name, a description and the schema. */
export function answerSchemaTokens(scale: Scale, format: JsonObject): number {
  const { name, description, schema } = format;
  return scale.estimated(
    perAnswerSchema + scale.text(textOf(name)) + scale.text(textOf(description)) + jsonTokens(scale, schema),
  );
}

function formatTokens(scale: Scale, value: unknown): number {
  const format = objectOf(value);
  return format['type'] === 'json_schema' ? answerSchemaTokens(scale, objectOf(format['json_schema'])) : 0;
}

export const chatTokens = (scale: Scale, body: JsonObject) => ({
  fixed:
    perAnswer +
    toolTokens(scale, body['tools']) +
    toolTokens(scale, body['functions']) +
    formatTokens(scale, body['response_format']),
  items: listOf(body['messages']).map((message) => messageTokens(scale, message)),
});
