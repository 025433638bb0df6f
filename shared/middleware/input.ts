/** The operation's input: a POST's body, a GET's query. */
import type { MiddlewareObj } from '@middy/core';
import { GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { readBody, readQuery } from './json-body.ts';
import type { RequestContext } from './request-context.ts';

/** Ids and names only: what means something in a path, a header or a key never gets further. */
const harmless = /^[A-Za-z0-9._:@-]{1,128}$/;

export const input = (): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> => ({
  before: ({ event, context }) => {
    const { schema, route } = context.operation;
    for (const [name, value] of Object.entries(event.pathParameters ?? {})) {
      // Such a name cannot belong to anything, so it is missing like any other.
      if (!harmless.test(value ?? '')) throw new GatewayError(name === 'model' ? 'model_not_found' : 'not_found');
    }
    context.bodyBytes = 0;
    if (!schema) return;
    if (route.method === 'GET') {
      context.body = readQuery(event, schema);
      return;
    }
    const { body, bodyBytes } = readBody(event, schema);
    context.body = body;
    context.bodyBytes = bodyBytes;
  },
});
