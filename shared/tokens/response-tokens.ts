/** Of `POST /v1/responses`, whose items models are shown as messages. */
import { answerSchemaTokens, callTokens } from './chat-tokens.ts';
import { contentTokens } from './content-tokens.ts';
import { perAnswer, perMessage } from './framing.ts';
import { type JsonObject, jsonTokens, listOf, objectOf, type Scale, sum, textOf } from './scale.ts';
import { toolTokens } from './tool-tokens.ts';

const roleTokens = ({ text }: Scale, role: string): number => perMessage + text(role);

/** What is sealed in it is as long as base64 makes it, and the usual four bytes a token. */
const sealedTokens = (sealed: unknown): number => Math.ceil((textOf(sealed).length * 3) / 4 / 4);

function itemTokens(scale: Scale, value: unknown): number {
  const item = objectOf(value);
  switch (item['type'] ?? 'message') {
    case 'message':
      return roleTokens(scale, textOf(item['role'])) + contentTokens(scale, item['content']);
    case 'function_call':
      return roleTokens(scale, 'assistant') + callTokens(scale, item['name'], item['arguments']);
    case 'custom_tool_call':
      return roleTokens(scale, 'assistant') + callTokens(scale, item['name'], item['input']);
    case 'function_call_output':
    case 'custom_tool_call_output':
      return roleTokens(scale, 'tool') + contentTokens(scale, item['output']);
    case 'mcp_call':
      return (
        roleTokens(scale, 'assistant') +
        callTokens(scale, item['name'], item['arguments']) +
        roleTokens(scale, 'tool') +
        contentTokens(scale, item['output'] ?? item['error'])
      );
    case 'reasoning':
      return scale.estimated(
        roleTokens(scale, 'assistant') +
          sum([...listOf(item['summary']), ...listOf(item['content'])].map((part) => contentTokens(scale, [part]))) +
          sealedTokens(item['encrypted_content']),
      );
    default:
      return roleTokens(scale, 'assistant') + jsonTokens(scale, item);
  }
}

function formatTokens(scale: Scale, text: unknown): number {
  const format = objectOf(objectOf(text)['format']);
  return format['type'] === 'json_schema' ? answerSchemaTokens(scale, format) : 0;
}

function instructionTokens(scale: Scale, instructions: unknown): number {
  if (typeof instructions === 'string') return roleTokens(scale, 'system') + scale.text(instructions);
  return sum(listOf(instructions).map((item) => itemTokens(scale, item)));
}

function inputTokens(scale: Scale, input: unknown): number[] {
  if (typeof input === 'string') return [roleTokens(scale, 'user') + scale.text(input)];
  return listOf(input).map((item) => itemTokens(scale, item));
}

export const responseTokens = (scale: Scale, body: JsonObject) => ({
  fixed:
    perAnswer +
    instructionTokens(scale, body['instructions']) +
    toolTokens(scale, body['tools']) +
    formatTokens(scale, body['text']),
  items: inputTokens(scale, body['input']),
});
