/** From an admitted call to its answer. Each step is a file of its own; this one says in which order they come. */
import { throughCache } from '../cache/through-cache.ts';
import { asGatewayError } from '../errors.ts';
import type { HttpResponse } from '../http/response.ts';
import { canSayText, fallbackAnswer } from '../resilience/fallback-message.ts';
import type { Answered } from './answered.ts';
import { isProvidersFault } from './attempt-outcome.ts';
import type { InferenceCall, InferenceDeps } from './attempts.ts';
import { onceCleared } from './cleared.ts';
import type { GuardAnswer } from './guard-answer.ts';
import { streamedAnswer } from './streaming.ts';
import { wholeAnswer } from './whole.ts';

export type AnswerDeps = InferenceDeps & { readonly guardAnswer: GuardAnswer };

/** Nothing of it goes out before its input is cleared. */
export const answerTo = (deps: AnswerDeps, call: InferenceCall): Promise<Answered> =>
  onceCleared(deps, call, (cleared) => answered(deps, cleared));

async function answered(deps: AnswerDeps, call: InferenceCall): Promise<Answered> {
  const ask = call.admitted.request.streamed ? streamedAnswer : wholeAnswer;
  try {
    return await throughCache(deps, call, () => deps.guardAnswer(call, (asking) => ask(deps, asking)));
  } catch (thrown) {
    const message = messageInstead(deps, call, thrown);
    if (message) return message;
    throw thrown;
  }
}

/** The last resort of chat, where there is one. The log and the metrics have the failure all the same. */
function messageInstead(deps: InferenceDeps, call: InferenceCall, thrown: unknown): HttpResponse | null {
  const { requestId, caller, report, admitted, guarded } = call;
  // It was stopped, and nobody has failed.
  if (guarded?.clearance?.refused.aborted) return null;
  // Nobody waits: what comes later is better.
  if (deps.batch) return null;
  const { kind, body, streamed } = admitted.request;
  const error = asGatewayError(thrown);
  const { why } = error;
  const message = caller.policy.resilience.fallbackMessage ?? deps.resilience.fallbackMessage;
  if (message === undefined || !isProvidersFault(error) || kind !== 'completions' || !canSayText(body)) return null;
  report.failure = why;
  // Who was asked has not answered.
  delete report.provider;
  deps.log.error('answered with the fallback message', { requestId, why, error: error.cause ?? error });
  return fallbackAnswer(body, streamed, { message, why, id: deps.newId('chatcmpl-'), createdAtMs: deps.now() });
}
