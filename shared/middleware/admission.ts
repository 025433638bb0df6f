/** Lets model calls in, or answers 429: rates, tokens, streams and money of the project, the model and the key, at once. */
import type { MiddlewareObj } from '@middy/core';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import type { AdmitCall } from '../inference/admit-call.ts';
import type { RequestContext } from './request-context.ts';

export const admission = (
  admitCall: AdmitCall | undefined,
): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> => ({
  before: async ({ event, context }) => {
    const { operation, caller, body, bodyBytes, requestId, report } = context;
    if (!operation.asks || caller.kind !== 'project') return;
    // A function that asks models has been given what admits it; anything else is a mistake of ours, and a 500.
    if (!admitCall) throw new Error('the function has no admission');
    const arrival = { requestId, caller, headers: event.headers, bodyBytes, report };
    const admitted = await admitCall(arrival, operation.asks(body));
    context.admitted = admitted;
    context.limitHeaders = admitted.headers;
  },
});
