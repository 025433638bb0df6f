/** Responses that are to be made in the background are taken in here, and answered at once: docs/adr/0068. */
import type { MiddlewareObj } from '@middy/core';
import type { TakeIn } from '../background-responses/take-in.ts';
import type { GatewayEvent } from '../http/event.ts';
import { type HttpResponse, json } from '../http/response.ts';
import { replayed } from '../idempotency/kept-answer.ts';
import type { KeyedCalls, LetIn } from '../repetitions/keyed-calls.ts';
import type { JsonObject } from '../stored-responses/stored-response.ts';
import type { RequestContext } from './request-context.ts';

export type BackgroundDeps = {
  /** Absent where everything is answered at once. */
  readonly takeIn?: TakeIn;
  readonly keyedCalls?: KeyedCalls;
};

export const background = ({
  takeIn,
  keyedCalls,
}: BackgroundDeps): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> => ({
  before: async ({ context }) => {
    const { prepared, caller, requestId, answered, keyed } = context;
    if (!takeIn || !prepared || caller.kind !== 'project' || answered) return;
    const body = context.body as JsonObject;
    if (prepared.request.kind !== 'responses' || body['background'] !== true) return;
    const call = { requestId, caller, body, prepared };
    // The run that its worker makes has a name of its own.
    const { 'x-sluice-run-id': _, ...headers } = context.limitHeaders;
    context.limitHeaders = headers;
    if (!keyed || !keyedCalls) {
      context.answered = json(200, await takeIn(call));
      return;
    }
    const letIn: LetIn<HttpResponse> = async (beside) => {
      await beside?.();
      return json(200, await takeIn(call));
    };
    const entered = await keyedCalls.enter(keyed.call, letIn);
    if (entered.kind === 'repeated') context.answered = replayed(entered.answer);
    else {
      context.answered = entered.admitted;
      context.keyed = { ...keyed, claim: entered.claim };
    }
  },
});
