/** `Idempotency-Key` on model calls: what is sent again under its key is answered with what it was answered before. */
import type { MiddlewareObj } from '@middy/core';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { type KeptAnswer, textOf } from '../idempotency/kept-answer.ts';
import { presentedKey } from '../idempotency/presented-key.ts';
import { nameOf } from '../idempotency/sealed.ts';
import type { Log } from '../observability/log.ts';
import type { KeyedCalls } from '../repetitions/keyed-calls.ts';
import { recorded } from '../repetitions/recording.ts';
import { answerByMs } from '../routing/deadline.ts';
import { presentedToken } from './presented-token.ts';
import type { RequestContext } from './request-context.ts';

export type KeyedCallDeps = { readonly keyedCalls?: KeyedCalls; readonly log: Log; readonly now: () => number };

/** More than this of an answer is not held in memory for it. */
const maxKeptBytes = 8 * 1024 * 1024;

export function keyedCall({
  keyedCalls,
  log,
  now,
}: KeyedCallDeps): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> {
  /** Once the caller has been served. A key that cannot be given back is free when its claim is over. */
  const finish = ({ requestId, pending, keyed }: RequestContext, answer: () => KeptAnswer | null): void => {
    const claim = keyed?.claim;
    if (!keyedCalls || !keyed || !claim) return;
    pending.push(async () => {
      try {
        const kept = answer();
        if (kept) return await keyedCalls.keep(keyed.call, claim, textOf(kept));
      } catch (error) {
        log.warn('answer not kept', { requestId, error });
      }
      await keyedCalls.release(claim).catch((error: unknown) => log.warn('key not released', { requestId, error }));
    });
  };

  return {
    before: ({ event, context }) => {
      const { operation, caller, requestId, receivedAtMs } = context;
      const token = presentedToken(event);
      if (!keyedCalls || !operation.asks || caller.kind !== 'project' || token === null) return;
      const key = presentedKey(event);
      if (key === undefined) return;
      const { httpMethod: method, path, body, headers } = event;
      const nowMs = now();
      const remainingMs = context.getRemainingTimeInMillis();
      context.keyed = {
        call: {
          ...nameOf(token, { method, path, key, body: body ?? '' }),
          token,
          projectId: caller.projectId,
          requestId,
          runsUntilMs: nowMs + remainingMs,
          answerByMs: answerByMs(headers, { receivedAtMs, nowMs, remainingMs }),
        },
      };
    },

    after: (request) => {
      const { context, response } = request;
      if (!context.keyed?.claim || !response) return;
      const recording = recorded(response, maxKeptBytes);
      request.response = recording.response;
      finish(context, recording.answer);
    },

    // What failed may be tried again.
    onError: ({ context }) => finish(context, () => null),
  };
}
