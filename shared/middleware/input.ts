/** The operation's input: a POST's body, JSON or a form where the route takes one, and a GET's query. */
import type { MiddlewareObj } from '@middy/core';
import { isModelName } from '../config/model-name.ts';
import { type ErrorCause, GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { modelOfRateLimit } from '../limits/rate-limit.ts';
import { readBody, readQuery } from './json-body.ts';
import type { RequestContext } from './request-context.ts';

/** What means something in a path, a header or a key never gets further. */
const isId = (text: string): boolean => /^[A-Za-z0-9_-]{1,128}$/.test(text);

type Name = { readonly isPossible: (text: string) => boolean; readonly otherwise: ErrorCause };
const anyId: Name = { isPossible: isId, otherwise: 'not_found' };
/** Path parameters that are not just ids. */
const names: ReadonlyMap<string, Name> = new Map<string, Name>([
  ['model', { isPossible: isModelName, otherwise: 'model_not_found' }],
  ['rate_limit_id', { isPossible: (text) => modelOfRateLimit(text) !== null, otherwise: 'not_found' }],
]);

export const input = (): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> => ({
  before: async ({ event, context }) => {
    const { schema, route, readInput } = context.operation;
    for (const [name, value] of Object.entries(event.pathParameters ?? {})) {
      // Such a name cannot belong to anything, so it is missing like any other.
      const { isPossible, otherwise } = names.get(name) ?? anyId;
      if (!isPossible(value ?? '')) throw new GatewayError(otherwise);
    }
    context.bodyBytes = 0;
    if (!schema) return;
    if (route.method === 'GET') {
      context.body = readQuery(event, schema);
      return;
    }
    const { body, bodyBytes } = await (readInput ?? readBody)(event, schema);
    context.body = body;
    context.bodyBytes = bodyBytes;
  },
});
