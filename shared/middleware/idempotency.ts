/**
 * Idempotency-Key: a mutation of the control plane that is sent again under its
 * key is not made again, and gets the first one's answer for a day.
 */
import type { MiddlewareObj, Request } from '@middy/core';
import * as z from 'zod/mini';
import { asGatewayError, GatewayError } from '../errors.ts';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { isMutation } from '../http/route.ts';
import { type Verdict, verdictOn } from '../idempotency/decide.ts';
import type { IdempotencyStore } from '../idempotency/idempotency-store.ts';
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

const header = 'Idempotency-Key';
const keptSeconds = 86_400;
/** An item of the table holds 400 kB. No answer of the control plane comes near. */
const maxAnswerBytes = 300_000;

const answerSchema = z.object({ status: z.int(), headers: z.record(z.string(), z.string()), body: z.string() });

function answerOf(verdict: Verdict, open: (answer: Uint8Array) => string): HttpResponse {
  switch (verdict.kind) {
    case 'answered': {
      const { headers, ...answer } = answerSchema.parse(JSON.parse(open(verdict.answer)));
      return { ...answer, headers: { ...headers, 'idempotent-replayed': 'true' } };
    }
    case 'another-body':
      throw new GatewayError('invalid_request', {
        message: `This ${header} was used with another body. Use a new one for another request.`,
        param: header,
      });
    case 'under-way':
      throw new GatewayError('conflict', {
        message: `A request with this ${header} is under way. Send it again in a moment for its answer.`,
        headers: { 'x-should-retry': 'true', 'retry-after': '1' },
      });
    case 'unknown':
      throw new GatewayError('conflict', {
        message: `A request with this ${header} has ended without an answer. Look whether the change was made, in the object or in the audit logs, and use a new ${header} if it was not.`,
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
      const text = JSON.stringify({ status, headers, body });
      if (typeof body !== 'string' || Buffer.byteLength(text) > maxAnswerBytes) return;
      await mutations.idempotency.keep(claim, seal(token, claim.id, text, randomNonce()));
    };
    await work().catch((thrown: unknown) => log.warn('answer not kept', { requestId, error: thrown }));
  };

  return {
    before: async ({ event, context }) => {
      const key = event.headers[header.toLowerCase()];
      const token = presentedToken(event);
      if (!mutations || key === undefined || token === null || !isMutation(context.operation.route)) return;
      if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
        throw new GatewayError('invalid_request', {
          message: `${header} has 1 to 255 printable ASCII characters.`,
          param: header,
        });
      }
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
