/** A middleware whose time before the operation is a stage of the request. */
import type { MiddlewareObj } from '@middy/core';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Stage } from '../observability/stages.ts';
import { during } from '../observability/trail.ts';
import type { RequestContext } from './request-context.ts';

type Middleware = MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext>;

export function staged(stage: Stage, middleware: Middleware): Middleware {
  const { before } = middleware;
  if (!before) return middleware;
  return { ...middleware, before: (request) => during(request.context.report.trail, stage, () => before(request)) };
}
