/** Lets model calls in, or answers 429: rates, tokens, streams and money of the project, the model and the key, at once. */
import type { MiddlewareObj } from '@middy/core';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { replayed } from '../idempotency/kept-answer.ts';
import type { AdmitCall, AdmittedCall } from '../inference/admit-call.ts';
import type { KeyedCalls, LetIn } from '../repetitions/keyed-calls.ts';
import type { RequestContext } from './request-context.ts';

export type AdmissionDeps = {
  readonly admitCall?: AdmitCall;
  /** For calls that come with an Idempotency-Key. */
  readonly keyedCalls?: KeyedCalls;
};

export function admission({
  admitCall,
  keyedCalls,
}: AdmissionDeps): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> {
  /** Null where the answer is known by now. */
  async function admitted(context: RequestContext, letIn: LetIn<AdmittedCall>): Promise<AdmittedCall | null> {
    const { keyed } = context;
    if (!keyed || !keyedCalls) return letIn();
    const entered = await keyedCalls.enter(keyed.call, letIn);
    if (entered.kind === 'repeated') {
      context.answered = replayed(entered.answer);
      return null;
    }
    context.keyed = { ...keyed, claim: entered.claim };
    return entered.admitted;
  }

  return {
    before: async ({ event, context }) => {
      const { prepared, caller, requestId, report, answered } = context;
      if (!prepared || caller.kind !== 'project' || answered) return;
      // A function that asks models has been given what admits it; anything else is a mistake of ours, and a 500.
      if (!admitCall) throw new Error('the function has no admission');
      const { request, bodyBytes, inputTokens } = prepared;
      const counted = inputTokens === undefined ? {} : { inputTokens };
      const arrival = { requestId, caller, headers: event.headers, bodyBytes, ...counted, report };
      const letIn: LetIn<AdmittedCall> = (beside) => admitCall({ ...arrival, ...(beside && { beside }) }, request);
      const call = await admitted(context, letIn);
      if (!call) return;
      context.admitted = call;
      context.limitHeaders = { ...prepared.headers, ...call.headers };
    },
  };
}
