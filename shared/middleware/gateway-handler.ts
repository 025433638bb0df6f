/**
 * The one request pipeline. `before` hooks run down the list and `after` and
 * `onError` hooks back up it, so whatever must see every answer comes first.
 */
import middy from '@middy/core';
import httpHeaderNormalizer from '@middy/http-header-normalizer';
import type { AuthenticateFrom } from '../addresses/guard.ts';
import type { TakeIn } from '../background-responses/take-in.ts';
import type { Call, RequestReport } from '../http/call.ts';
import { type GatewayEvent, type HttpHandler, pathParametersOf } from '../http/event.ts';
import type { HttpResponse } from '../http/response.ts';
import { isMutation } from '../http/route.ts';
import type { AdmitCall } from '../inference/admit-call.ts';
import type { GuardInput } from '../inference/guard-input.ts';
import type { Prepare } from '../inference/preparation.ts';
import type { Log } from '../observability/log.ts';
import type { EmitMetrics } from '../observability/metrics.ts';
import type { Observing } from '../observability/observing.ts';
import { during } from '../observability/trail.ts';
import type { CallsUnderWay } from '../repetitions/calls-under-way.ts';
import type { KeyedCalls } from '../repetitions/keyed-calls.ts';
import type { RequestLogger } from '../request-log/request-logger.ts';
import { answerByMs } from '../routing/deadline.ts';
import { admission } from './admission.ts';
import { audit, type MutationDeps } from './audit.ts';
import { authenticate } from './authenticate.ts';
import { background } from './background.ts';
import { chooseOperation } from './choose-operation.ts';
import { guardrails } from './guardrails.ts';
import { idempotency } from './idempotency.ts';
import { input } from './input.ts';
import { keyedCall } from './keyed-call.ts';
import { observe } from './observe.ts';
import { openAiErrors } from './openai-errors.ts';
import type { Operation } from './operation.ts';
import { preparation } from './preparation.ts';
import { type RequestContext, remainingMs } from './request-context.ts';
import { requestLog } from './request-log.ts';
import { retriedCall } from './retried-call.ts';
import { staged } from './staged.ts';

export type GatewayDeps = {
  readonly authenticate: AuthenticateFrom;
  readonly log: Log;
  readonly emitMetrics: EmitMetrics;
  readonly now: () => number;
  /** Absent: nothing but the request's line is told of it. */
  readonly observing?: Observing;
  /** Of the functions whose calls are more than they say: with a history, tools or a window to fit. */
  readonly prepare?: Prepare;
  /** Of the function whose calls may be answered later. */
  readonly takeIn?: TakeIn;
  /** Of the functions that ask models. */
  readonly admitCall?: AdmitCall;
  /** The same: nobody is asked before the guardrails have seen what for. */
  readonly guardInput?: GuardInput;
  /** The same: for calls under an Idempotency-Key. */
  readonly keyedCalls?: KeyedCalls;
  /** Of the functions that ask models: for projects that have their calls logged. */
  readonly requestLogger?: RequestLogger;
  /** Where callers that leave are heard of. */
  readonly callsUnderWay?: CallsUnderWay;
  /** What is to be told of every request, whatever becomes of it. */
  readonly known?: Readonly<RequestReport>;
  /** Needed by every function that changes the control plane. */
  readonly mutations?: MutationDeps;
};

export const gatewayHandler = (deps: GatewayDeps, operations: readonly Operation[]): HttpHandler => {
  const changing = operations.filter(({ route }) => isMutation(route));
  if (changing.length > 0 && !deps.mutations) throw new Error('What changes the control plane needs its stores.');
  const pipeline = middy<GatewayEvent, HttpResponse, Error, RequestContext>()
    .use(httpHeaderNormalizer())
    .use(observe(deps))
    .use(requestLog(deps))
    .use(openAiErrors(deps))
    .use(chooseOperation(operations))
    .use(staged('authenticate', authenticate(deps)))
    .use(staged('input', input()))
    .use(staged('repetition', idempotency(deps)))
    .use(staged('audit', audit(deps)))
    .use(staged('repetition', keyedCall(deps)))
    .use(staged('repetition', retriedCall(deps)))
    .use(staged('preparation', preparation(deps)))
    .use(staged('intake', background(deps)))
    .use(staged('admission', admission(deps)))
    .use(staged('guardrailsIn', guardrails(deps)))
    .handler((event, context) => {
      const {
        requestId,
        caller,
        body,
        bodyBytes,
        receivedAtMs,
        report,
        pending,
        operation,
        admitted,
        guarded,
        prepared,
        answered,
        host,
      } = context;
      if (answered) return answered;
      const call: Call = {
        requestId,
        caller,
        body,
        // As it is asked, which may be more or less than what came.
        bodyBytes: prepared?.bodyBytes ?? bodyBytes,
        receivedAtMs,
        report,
        params: pathParametersOf(event),
        headers: event.headers,
        signal: deadline(context),
        // Whoever sends a key comes back for the answer, however long they wait for it now.
        answerByMs: answerByMs(context.keyed ? {} : event.headers, {
          receivedAtMs,
          nowMs: deps.now(),
          remainingMs: remainingMs(context),
        }),
        afterwards: (work) => pending.push(work),
        ...(admitted && { admitted }),
        ...(guarded && { guarded }),
        ...(prepared && { prepared }),
        ...(host && { host }),
        audit: (audited) => {
          context.audited = audited;
        },
      };
      return during(report.trail, 'operation', () => operation.run(call));
    });
  // Lambda hands over a bare Context; the middlewares fill in the rest.
  return (event, context, hasLeft) =>
    pipeline(event, {
      ...context,
      hasLeft,
      getRemainingTimeInMillis: () => context.getRemainingTimeInMillis(),
    } as RequestContext);
};

/** Fires before Lambda's own end. The timer goes with the request: thousands of them may share a process on one machine. */
function deadline(context: RequestContext): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), remainingMs(context));
  context.pending.push(async () => clearTimeout(timer));
  return controller.signal;
}
