/** The body: read, bounded, parsed strictly and checked against the operation's schema. */

import * as z from 'zod/mini';
import english from 'zod/v4/locales/en.js';
import { GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../http/event.ts';
import { paramOf } from '../http/param.ts';
import { parseStrictJson } from '../http/strict-json.ts';

/** What Lambda takes for a synchronous call. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const maxBodyBytes = 6 * 1024 * 1024;

// By its own path: `z.locales` would bring all of the world's languages along.
const wording = english().localeError;
// Keeps a byte order mark, for the parser to refuse as it does in a body that came as text.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The body as text. */
export function decoded({ body, isBase64Encoded, headers }: GatewayEvent): string {
  const encoding = headers?.['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('invalid_request', {
      message: 'Compressed request bodies are not accepted. Send the body as it is, without Content-Encoding.',
    });
  }
  if (body === null || body === '') {
    throw new GatewayError('invalid_request', { message: 'The request has no body. Send a JSON object.' });
  }
  if (!isBase64Encoded) return body;
  try {
    return utf8.decode(Buffer.from(body, 'base64'));
  } catch {
    throw new GatewayError('invalid_request', { message: 'The body is not valid UTF-8.' });
  }
}

/** The names of unknown members are the caller's, and come back in the answer. */
const maxParamLength = 256;

/** The value as the schema has it, or a 400 that names the parameter. Messages hold nothing of the value. */
export function check<Value>(schema: z.ZodMiniType<Value>, value: unknown): Value {
  const parsed = z.safeParse(schema, value, { error: wording });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = [...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])];
  const param = paramOf(path).slice(0, maxParamLength);
  if (unknown !== undefined) {
    throw new GatewayError('invalid_request', { message: 'Unrecognized request argument supplied.', param });
  }
  throw new GatewayError('invalid_request', {
    message: param ? `Invalid value for '${param}': ${issue?.message}.` : `The body is wrong: ${issue?.message}.`,
    ...(param && { param }),
  });
}

export type ReadBody<Body> = { readonly body: Body; readonly bodyBytes: number };

export function readBody<Body>(event: GatewayEvent, schema: z.ZodMiniType<Body>): ReadBody<Body> {
  const text = decoded(event);
  const bodyBytes = Buffer.byteLength(text);
  if (bodyBytes > maxBodyBytes) throw new GatewayError('request_too_large');
  return { body: check(schema, parseStrictJson(text)), bodyBytes };
}

const maxQueryLength = 20_000;

/** `?limit=2&ids[]=a&ids[]=b` as an object: a name that ends in `[]`, or comes more than once, is a list. */
export function readQuery<Query>(event: GatewayEvent, schema: z.ZodMiniType<Query>): Query {
  const given = Object.entries(event.multiValueQueryStringParameters ?? {});
  if (given.reduce((sum, [name, values]) => sum + name.length + (values ?? []).join('').length, 0) > maxQueryLength) {
    throw new GatewayError('invalid_request', { message: 'The query string is too long.' });
  }
  const query = new Map<string, unknown>();
  for (const [name, values = []] of given) {
    const list = name.endsWith('[]');
    query.set(list ? name.slice(0, -2) : name, list || values.length > 1 ? values : values[0]);
  }
  return check(schema, Object.fromEntries(query));
}
