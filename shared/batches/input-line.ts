/** One line of an input file: what it asks for, or what is wrong with it. Pure; no error quotes the line. */
import type { Catalogue } from '../catalogue/catalogue.ts';
import { GatewayError } from '../errors.ts';
import { parseStrictJson } from '../http/strict-json.ts';
import type { ModelPermissions } from '../limits/limits.ts';
import { mayUse } from '../limits/model-permissions.ts';
import type { BatchEndpoint } from './answer-line.ts';
import type { BatchError } from './batch.ts';
import { maxLineBytes } from './input-lines.ts';

export type LineRules = {
  readonly endpoint: BatchEndpoint;
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly permissions: ModelPermissions | null;
};

export type LineRequest = { readonly customId: string; readonly model: string; readonly body: Record<string, unknown> };

export type LineProblem = Omit<BatchError, 'line'>;

export type CheckedLine =
  | { readonly kind: 'request'; readonly request: LineRequest }
  | { readonly kind: 'wrong'; readonly problem: LineProblem };

export const maxCustomIdLength = 512;

// Keeps a byte order mark, which no line may have.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const wrong = (code: string, message: string, param: string | null = null): CheckedLine => ({
  kind: 'wrong',
  problem: { code, message, param },
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const members = new Set(['custom_id', 'method', 'url', 'body']);

export function checkedLine(bytes: Buffer | null, { endpoint, catalogue, permissions }: LineRules): CheckedLine {
  if (bytes === null) return wrong('line_too_long', `The line has more than ${maxLineBytes} bytes.`);
  const value = parsed(bytes);
  if (value instanceof GatewayError) return wrong('invalid_json_line', value.message);
  if (!isObject(value)) return wrong('invalid_json_line', 'The line is not a JSON object.');
  const { custom_id: customId, method, url, body } = value;
  if (customId === undefined) {
    return wrong('missing_required_parameter', "The line has no 'custom_id'.", 'custom_id');
  }
  if (!isCustomId(customId)) {
    return wrong('invalid_custom_id', `'custom_id' is a text of 1 to ${maxCustomIdLength} characters.`, 'custom_id');
  }
  if (method !== 'POST') return wrong('invalid_method', "'method' has to be POST.", 'method');
  if (url !== endpoint) return wrong('invalid_url', `'url' has to be the batch's endpoint, ${endpoint}.`, 'url');
  if (!isObject(body)) return wrong('missing_required_parameter', "The line has no object 'body'.", 'body');
  if (Object.keys(value).some((name) => !members.has(name))) {
    return wrong('unknown_parameter', "A line has 'custom_id', 'method', 'url' and 'body', and nothing else.");
  }
  return asked(customId, body, catalogue, permissions);
}

function asked(
  customId: string,
  body: LineRequest['body'],
  catalogue: LineRules['catalogue'],
  permissions: ModelPermissions | null,
): CheckedLine {
  const { model } = body;
  if (typeof model !== 'string') return wrong('missing_required_parameter', "The body has no 'model'.", 'body.model');
  for (const name of ['stream', 'background']) {
    if (body[name] !== undefined && body[name] !== null && body[name] !== false) {
      return wrong('unsupported_parameter', `'${name}' cannot be had in a batch. Leave it out.`, `body.${name}`);
    }
  }
  try {
    catalogue.find(model);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return wrong(error.row.code ?? 'invalid_model', error.message, 'body.model');
  }
  if (!mayUse(permissions, model)) {
    return wrong('model_not_allowed', `This project may not use the model '${model}'.`, 'body.model');
  }
  return { kind: 'request', request: { customId, model, body } };
}

const isCustomId = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= maxCustomIdLength && value.isWellFormed();

/** As strictly as the request by itself: what is inspected is what a provider is sent. */
function parsed(bytes: Buffer): unknown {
  try {
    return parseStrictJson(utf8.decode(bytes));
  } catch (error) {
    if (error instanceof GatewayError) return error;
    return new GatewayError('invalid_request', { message: 'The line is not valid UTF-8.' });
  }
}

/** Of a line that has been found right. */
export function requestOf(bytes: Buffer): Omit<LineRequest, 'body'> & { readonly body: string } {
  const { custom_id, body } = JSON.parse(utf8.decode(bytes)) as { custom_id: string; body: { model: string } };
  return { customId: custom_id, model: body.model, body: JSON.stringify(body) };
}

/** Against the most that a batch of embeddings may have. */
export const inputsOf = ({ body }: LineRequest): number => {
  const { input } = body;
  return Array.isArray(input) && input.some((one) => typeof one !== 'number') ? input.length : 1;
};
