/** A model call is prepared before it is admitted: shared/inference/preparation.ts. */
import type { MiddlewareObj } from '@middy/core';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { type Prepare, unprepared } from '../inference/preparation.ts';
import { answerByMs } from '../routing/deadline.ts';
import { type RequestContext, remainingMs } from './request-context.ts';

export type PreparationDeps = { readonly prepare?: Prepare; readonly now: () => number };

export const preparation = ({
  prepare,
  now,
}: PreparationDeps): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> => ({
  before: async ({ event, context }) => {
    const { operation, caller, requestId, body, bodyBytes, report, answered, receivedAtMs, pending } = context;
    const { asks } = operation;
    if (!asks || caller.kind !== 'project' || answered) return;
    const prepared = unprepared(asks(body), bodyBytes);
    const times = { receivedAtMs, nowMs: now(), remainingMs: remainingMs(context) };
    const arriving = {
      requestId,
      caller,
      report,
      headers: event.headers,
      answerByMs: answerByMs(context.keyed ? {} : event.headers, times),
      afterwards: (work: () => Promise<void>) => pending.push(work),
    };
    context.prepared = prepare ? await prepare(arriving, prepared) : prepared;
    context.limitHeaders = context.prepared.headers;
  },
});
