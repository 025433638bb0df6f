/** The format that a request asks for, in the words of its API. */
import { GatewayError } from '../errors.ts';
import type { CallKind } from '../usage/call-kind.ts';
import { isObject } from './schema-keywords.ts';

type Body = Readonly<Record<string, unknown>>;

export type WantedFormat =
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly name: string; readonly schema: unknown; readonly schemaParam: string };

/** Null where any text will do. Throws the caller's 400. */
export function wantedFormat(kind: CallKind, body: Body): WantedFormat | null {
  if (kind === 'responses') {
    const text = body['text'];
    return isObject(text) ? readFormat(text['format'], 'text.format', (format) => [format, 'text.format']) : null;
  }
  if (kind !== 'completions') return null;
  return readFormat(body['response_format'], 'response_format', (format) => [
    format['json_schema'],
    'response_format.json_schema',
  ]);
}

function readFormat(
  format: unknown,
  param: string,
  definitionOf: (format: Body) => readonly [unknown, string],
): WantedFormat | null {
  if (!isObject(format)) return null;
  switch (format['type']) {
    case 'json_object':
      return { type: 'json_object' };
    case 'json_schema': {
      const [definition, at] = definitionOf(format);
      return isObject(definition) ? readDefinition(definition, at) : refuse(at, 'An object with a name and a schema.');
    }
    case 'text':
      return null;
    default:
      return refuse(`${param}.type`, "The type of a format is 'text', 'json_object' or 'json_schema'.");
  }
}

/** https://platform.openai.com/docs/api-reference/chat/create#chat-create-response_format */
function readDefinition({ name, schema, strict, description }: Body, at: string): WantedFormat {
  if (typeof name !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    return refuse(`${at}.name`, 'The name of a schema is 1 to 64 letters, digits, underscores and dashes.');
  }
  if (strict != null && typeof strict !== 'boolean') return refuse(`${at}.strict`, '"strict" is true or false.');
  if (description != null && typeof description !== 'string') {
    return refuse(`${at}.description`, 'The description of a schema is a string.');
  }
  // OpenAI does not ask for one in chat: without it any JSON is as good as another.
  return { type: 'json_schema', name, schema: schema ?? {}, schemaParam: `${at}.schema` };
}

const refuse = (param: string, message: string): never => {
  throw new GatewayError('invalid_request', { message, param });
};
