/** Which of a function's operations is meant: API Gateway says which resource it matched. */
import type { MiddlewareObj } from '@middy/core';
import { GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Operation } from './operation.ts';
import type { RequestContext } from './request-context.ts';

export const chooseOperation = (
  operations: readonly Operation[],
): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> => {
  const byRoute = new Map(
    operations.map((operation) => [`${operation.route.method} ${operation.route.path}`, operation]),
  );
  return {
    before: ({ event, context }) => {
      const operation = byRoute.get(`${event.httpMethod} ${event.resource}`);
      if (!operation) throw new GatewayError('unknown_route');
      context.operation = operation;
    },
  };
};
