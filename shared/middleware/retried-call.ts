/**
 * A request that the SDK sends again by itself, because its connection was lost or it would not
 * wait any longer, is given the answer of the first one, where this instance knows of it.
 */
import { createHash } from 'node:crypto';
import type { MiddlewareObj } from '@middy/core';
import { landedWithin } from '../cache/flights.ts';
import { GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { givenAgain, type KeptAnswer } from '../idempotency/kept-answer.ts';
import { type CallsUnderWay, maxJoinableBytes } from '../repetitions/calls-under-way.ts';
import { recorded } from '../repetitions/recording.ts';
import { answerByMs } from '../routing/deadline.ts';
import type { RequestContext } from './request-context.ts';

export type RetriedCallDeps = { readonly callsUnderWay?: CallsUnderWay; readonly now: () => number };

const isRetry = ({ headers }: GatewayEvent): boolean => /^[1-9]\d{0,2}$/.test(headers['x-stainless-retry-count'] ?? '');

/** The tenant's own (I5). */
const nameOf = (projectId: string, { httpMethod, path, body }: GatewayEvent): string =>
  createHash('sha256')
    .update(`${JSON.stringify([projectId, httpMethod, path])}\n${body ?? ''}`)
    .digest('base64url');

export function retriedCall({
  callsUnderWay,
  now,
}: RetriedCallDeps): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> {
  const never = new AbortController().signal;

  /** The answer of the call that this one repeats, if there is one to be had. */
  async function joined(event: GatewayEvent, context: RequestContext, name: string): Promise<KeptAnswer | null> {
    const { hasLeft, receivedAtMs, pending } = context;
    const call = hasLeft && callsUnderWay?.join(name, hasLeft);
    if (!call) return null;
    const nowMs = now();
    const remainingMs = context.getRemainingTimeInMillis();
    const waitMs = Math.max(0, answerByMs(event.headers, { receivedAtMs, nowMs, remainingMs }) - nowMs);
    const answer = await landedWithin(call.answer, waitMs, never);
    // Asking as well, when nobody will wait for it, would only be paid for.
    if (!answer && call.isUnderWay()) throw new GatewayError('upstream_timeout');
    pending.push(async () => call.served());
    return answer;
  }

  return {
    before: async ({ event, context }) => {
      const { operation, caller, keyed, hasLeft } = context;
      if (!callsUnderWay || !hasLeft || !operation.asks || caller.kind !== 'project' || keyed) return;
      const name = nameOf(caller.projectId, event);
      const answer = isRetry(event) ? await joined(event, context, name) : null;
      if (answer) context.answered = givenAgain(answer);
      else context.underWay = callsUnderWay.begin(name, hasLeft);
    },

    after: (request) => {
      const { underWay, pending } = request.context;
      if (!underWay || !request.response) return;
      const { response, answer } = recorded(request.response, maxJoinableBytes);
      request.response = response;
      pending.push(async () => underWay.ended(answer()));
    },

    onError: ({ context }) => context.underWay?.ended(null),
  };
}
