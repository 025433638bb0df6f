/** What is unsafe is refused here, before the operation runs, and what must not leave is taken out: as the project's policy has it. */
import type { MiddlewareObj } from '@middy/core';
import type { GatewayEvent } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import type { GuardInput } from '../inference/guard-input.ts';
import { type RequestContext, remainingMs } from './request-context.ts';

export type GuardrailsDeps = { readonly guardInput?: GuardInput };

export const guardrails = ({
  guardInput,
}: GuardrailsDeps): MiddlewareObj<GatewayEvent, HttpResponse, Error, RequestContext> => ({
  before: async ({ context }) => {
    const { admitted, caller, requestId, report, pending } = context;
    if (!admitted || caller.kind !== 'project') return;
    // Whoever admits calls has been given what guards them; anything else is a mistake of ours, and a 500.
    if (!guardInput) throw new Error('the function has no guardrails');
    const afterwards = (work: () => Promise<void>) => pending.push(work);
    const entered = await guardInput({
      requestId,
      caller,
      report,
      admitted,
      afterwards,
      timeLeftMs: remainingMs(context),
    });
    if (!entered) return;
    context.admitted = entered.admitted;
    context.guarded = entered.guarded;
  },
});
