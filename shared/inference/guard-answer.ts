/**
 * An answer before the guardrails: a stream is guarded while it flows, a whole answer is looked at as a whole. One that
 * is refused is asked for again, more safely, as often as the policy says; then its caller gets the policy's message.
 */
import { asGatewayError } from '../errors.ts';
import { during } from '../observability/trail.ts';
import { guardedAnswer, refusedAnswer } from '../safety/guarded-answer.ts';
import { guardedStream } from '../safety/guarded-stream.ts';
import { guardsOutput } from '../safety/guardrails-in-use.ts';
import { dialectOf } from '../safety/refusals.ts';
import { type Answered, costHeader } from './answered.ts';
import type { InferenceCall, InferenceDeps } from './attempts.ts';
import type { SafetyDeps } from './guard-input.ts';
import { type Guarding, guarding } from './guarding.ts';
import { admittedMoreSafely } from './safer-request.ts';
import { waitedFor } from './waited-for.ts';

type Ask = (call: InferenceCall) => Promise<Answered>;
export type GuardAnswer = (call: InferenceCall, ask: Ask) => Promise<Answered>;

export const createGuardAnswer =
  (deps: InferenceDeps & SafetyDeps): GuardAnswer =>
  async (call, ask) => {
    const { guarded, admitted } = call;
    if (!guarded || !guardsOutput(guarded.policy, admitted.request.kind)) return ask(call);
    const how = guarding(deps, call, guarded);
    return admitted.request.streamed ? guardedFlow(call, await ask(call), how) : guardedWhole(deps, call, ask, how);
  };

const guardedFlow = (
  { admitted }: InferenceCall,
  { stop, ...answer }: Answered,
  { guard, mayBeKept }: Guarding,
): Answered => ({
  ...answer,
  mayBeKept,
  ...(typeof answer.body === 'object' &&
    !(answer.body instanceof Uint8Array) && {
      body: guardedStream(answer.body, guard, {
        dialect: dialectOf(admitted.request.kind),
        onRefused: () => stop?.(),
      }),
    }),
});

async function guardedWhole(
  deps: InferenceDeps,
  call: InferenceCall,
  ask: Ask,
  { guarded, guard, couldCheck, mayBeKept }: Guarding,
): Promise<Answered> {
  const { policy } = guarded;
  const { report, admitted } = call;
  const dialect = dialectOf(admitted.request.kind);
  const statusOfInput = report.safety ?? 'safe';
  let asked = call;
  let answer = await ask(call);
  let spentMicroUsd = answer.costMicroUsd ?? 0;
  for (let retriesLeft = policy.retry_safely; ; retriesLeft--) {
    const text = String(answer.body);
    const headers = { ...answer.headers, ...costHeader(spentMicroUsd) };
    const looking = () => guardedAnswer(text, guard, dialect);
    const result = await during(report.trail, 'guardrailsOut', () =>
      guard.moderation ? waitedFor(deps.now, report, 'moderation', looking()) : looking(),
    );
    if (result.kind === 'cleared')
      return { ...answer, headers, costMicroUsd: spentMicroUsd, mayBeKept, body: result.text };
    // Where this one could not be checked, another could not either.
    const safer = retriesLeft > 0 && couldCheck() ? await askedMoreSafely(deps, asked, ask) : null;
    if (!safer) {
      const message = couldCheck() ? policy.messages.blocked : unchecked;
      return { ...answer, headers, costMicroUsd: spentMicroUsd, body: refusedAnswer(text, message, dialect) };
    }
    report.safety = statusOfInput;
    ({ asked, answer } = safer);
    spentMicroUsd += answer.costMicroUsd ?? 0;
  }
}

type Asked = { readonly asked: InferenceCall; readonly answer: Answered };

/** Null where it may not be asked, or nobody answers: the caller is then told of the refusal, not of that. */
async function askedMoreSafely(deps: InferenceDeps, call: InferenceCall, ask: Ask): Promise<Asked | null> {
  const { requestId, report } = call;
  const { attempts = 0, provider } = report;
  const asked = await admittedMoreSafely(deps, call);
  if (!asked) return null;
  try {
    return { asked, answer: await ask(asked) };
  } catch (thrown) {
    deps.log.warn('not answered more safely', { requestId, why: asGatewayError(thrown).why });
    // Whose answer it is that was refused.
    if (provider !== undefined) report.provider = provider;
    return null;
  } finally {
    report.attempts = attempts + (report.attempts ?? 0);
  }
}

const unchecked = 'The answer could not be checked against the content policy and is withheld.';
