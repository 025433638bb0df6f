/** An answer in one piece: the provider's own text, once it is known to be an answer. */
import type { Hold } from '../admission/hold.ts';
import { costMicroUsd } from '../catalogue/price.ts';
import { GatewayError } from '../errors.ts';
import { FailedResponse } from '../providers/failed-response.ts';
import type { WholeAnswer } from '../providers/provider.ts';
import type { CallKind } from '../usage/call-kind.ts';
import { type Usage, usageOf } from '../usage/token-usage.ts';
import { type Answered, costHeader } from './answered.ts';
import { estimatedTokens, estimatedUsage, settlement } from './attempt-outcome.ts';
import { type InferenceCall, type InferenceDeps, withFallback } from './attempts.ts';

/** The member that makes an answer one. */
const answerIn = {
  completions: 'choices',
  embeddings: 'data',
  moderations: 'results',
  responses: 'output',
} as const satisfies Record<CallKind, string>;

/** `incomplete` is an answer: it ended for its length, or by a filter. */
const unanswered = new Set<unknown>(['failed', 'cancelled', 'queued', 'in_progress']);

/** A 200 with an error in it, or with nothing, is a failure: https://github.com/decolua/9router/pull/3051 */
function usageIn({ text }: WholeAnswer, kind: CallKind): Usage | null {
  const answer = parsed(text);
  if (kind === 'responses' && (answer['error'] || unanswered.has(answer['status']))) throw new FailedResponse(answer);
  if (answer['error'] || !Array.isArray(answer[answerIn[kind]])) throw new GatewayError('upstream_error');
  return usageOf(answer['usage']);
}

function parsed(text: string): Record<string, unknown> {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? { ...answer } : {};
  } catch {
    return {};
  }
}

/** Moderations report no usage because they use none that counts. */
const unreported = (kind: CallKind, inputBytes: number, text: string, hold: Hold): Usage =>
  estimatedUsage(
    kind === 'moderations' ? 0 : estimatedTokens(inputBytes),
    kind === 'completions' || kind === 'responses' ? estimatedTokens(text.length) : 0,
    hold,
  );

export const wholeAnswer = (deps: InferenceDeps, call: InferenceCall): Promise<Answered> =>
  withFallback(deps, call, async (provider, upstream, attempt) => {
    const { kind } = call.admitted.request;
    const answer = await provider.whole(upstream);
    const reported = usageIn(answer, kind);
    const latencyMs = attempt.elapsed();
    const usage = reported ?? unreported(kind, call.bodyBytes, answer.text, attempt.hold);
    const estimated = reported === null && kind !== 'moderations';
    const { price } = attempt.target;
    const spentMicroUsd = attempt.spentBefore.microUsd + costMicroUsd(usage, price);
    attempt.pass.succeeded();

    attempt.settleAfterwards(() =>
      settlement('succeeded', usage, price, { firstByteMs: latencyMs, latencyMs }, estimated),
    );
    return {
      status: 200,
      headers: {
        'content-type': 'application/json',
        ...costHeader(spentMicroUsd),
        ...answer.headers,
      },
      body: answer.text,
      costMicroUsd: spentMicroUsd,
    };
  });
