/** What asks models is logged as its project wants it, refusals included. What is written here is written once the last byte is out. */
import type { MiddlewareObj, Request } from '@middy/core';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { copying } from '../request-log/copied-answer.ts';
import type { RequestLogger } from '../request-log/request-logger.ts';
import type { RequestContext } from './request-context.ts';

export type RequestLogDeps = { readonly requestLogger?: RequestLogger };

export function requestLog({
  requestLogger,
}: RequestLogDeps): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> {
  const finish = (request: Request<GatewayEvent, HttpResponse, Error, RequestContext>): void => {
    const { context, response } = request;
    // Of a request that was refused before anyone knew whose it is, there is no project to log it for.
    const { operation, caller, requestId, body } = context as Partial<RequestContext>;
    if (!requestLogger || !response || !operation?.asks || caller?.kind !== 'project') return;
    const policy = requestLogger.wanted(caller, requestId ?? '');
    if (!policy) return;
    const copied = policy.mode === 'content' && policy.include.includes('response') ? copying(response) : null;
    if (copied) request.response = copied.response;
    context.logged = (record) =>
      requestLogger.log({ record, caller, policy, request: body, answer: copied?.copy() ?? null });
  };
  return { after: finish, onError: finish };
}
