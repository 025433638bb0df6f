/**
 * Idempotency-Key: a mutation of the control plane that is sent again under its
 * key is not made again, and gets the first one's answer for a day.
 */
import type { MiddlewareObj, Request } from '@middy/core';
import { asGatewayError, GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { isMutation } from '../http/route.ts';
import { type Verdict, verdictOn } from '../idempotency/decide.ts';
import type { IdempotencyStore } from '../idempotency/idempotency-store.ts';
import { maxItemBytes, replayed, textOf } from '../idempotency/kept-answer.ts';
import {
  idempotencyHeader,
  keptSeconds,
  presentedKey,
  stillUnderWay,
  usedWithAnotherBody,
} from '../idempotency/presented-key.ts';
import { nameOf, seal, unseal } from '../idempotency/sealed.ts';
import { randomNonce } from '../ids.ts';
import type { Log } from '../observability/log.ts';
import { answerTo } from './openai-errors.ts';
import { presentedToken } from './presented-token.ts';
import type { RequestContext } from './request-context.ts';

export type IdempotencyDeps = {
  readonly mutations?: { readonly idempotency: IdempotencyStore };
  readonly log: Log;
  readonly now: () => number;
};
type GatewayRequest = Request<GatewayEvent, HttpResponse, Error, RequestContext>;

function answerOf(verdict: Verdict, open: (answer: Uint8Array) => string): HttpResponse {
  switch (verdict.kind) {
    case 'answered':
      return replayed(open(verdict.answer));
    case 'another-body':
      throw usedWithAnotherBody();
    case 'under-way':
      throw stillUnderWay();
    case 'unknown':
      throw new GatewayError('conflict', {
        message: `A request with this ${idempotencyHeader} has ended without an answer. Look whether the change was made, in the object or in the audit logs, and use a new ${idempotencyHeader} if it was not.`,
      });
  }
}

export function idempotency({
  mutations,
  log,
  now,
}: IdempotencyDeps): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> {
  const finish = async ({ event, context, error, response }: GatewayRequest): Promise<void> => {
    const { claim, requestId } = context;
    const token = presentedToken(event);
    if (!claim || !mutations || token === null) return;
    const { status, headers, body } = (error ? answerTo(asGatewayError(error), requestId) : response) ?? {
      status: 500,
    };
    // What failed may be tried again; of what was done, without an answer that can be kept, a repetition learns that.
    const work = async () => {
      if (status >= 500 || status === 429) return mutations.idempotency.release(claim);
      if (typeof body !== 'string' || headers === undefined) return;
      const text = textOf({ status, headers, body });
      // No answer of the control plane comes near.
      if (Buffer.byteLength(text) > maxItemBytes) return;
      await mutations.idempotency.keep(claim, { answer: seal(token, claim.id, text, randomNonce()) });
    };
    await work().catch((thrown: unknown) => log.warn('answer not kept', { requestId, error: thrown }));
  };

  return {
    before: async ({ event, context }) => {
      const token = presentedToken(event);
      if (!mutations || token === null || !isMutation(context.operation.route)) return;
      const key = presentedKey(event);
      if (key === undefined) return;
      const { httpMethod: method, path, body } = event;
      const { id, bodyDigest } = nameOf(token, { method, path, key, body: body ?? '' });
      const claimedAtMs = now();
      const claim = {
        id,
        bodyDigest,
        claimedBy: context.requestId,
        claimedAtMs,
        expiresAt: Math.floor(claimedAtMs / 1000) + keptSeconds,
      };
      const found = await mutations.idempotency.claim(claim);
      if (found === 'claimed') context.claim = claim;
      else
        context.answered = answerOf(verdictOn(found, bodyDigest, claimedAtMs), (sealed) => unseal(token, id, sealed));
    },
    after: finish,
    onError: finish,
  };
}
