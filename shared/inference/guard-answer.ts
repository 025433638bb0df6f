/**
 * An answer before the guardrails: a stream is guarded while it flows, a whole answer is looked at as a whole. One that
 * is refused is asked for again, more safely, as often as the policy says; then its caller gets the policy's message.
 */
import { asGatewayError } from '../errors.ts';
import { checkTexts, isUnavailable } from '../moderation/check.ts';
import { createRedactor, type Redactor } from '../redaction/redactor.ts';
import type { SafetyFinding } from '../safety/finding.ts';
import { guardedAnswer, refusedAnswer } from '../safety/guarded-answer.ts';
import type { GuardedCall } from '../safety/guarded-call.ts';
import { guardedStream } from '../safety/guarded-stream.ts';
import { guardsOutput } from '../safety/guardrails-in-use.ts';
import type { OutputGuard } from '../safety/output-guard.ts';
import { type Answered, costHeader } from './answered.ts';
import type { InferenceCall, InferenceDeps } from './attempts.ts';
import type { SafetyDeps } from './guard-input.ts';
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
    return admitted.request.streamed ? guardedFlow(await ask(call), how) : guardedWhole(deps, call, ask, how);
  };

type Guarding = {
  readonly guarded: GuardedCall;
  readonly guard: OutputGuard;
  readonly couldCheck: () => boolean;
  /** Of an answer that was let through as it was found, each caller is to be told anew. */
  readonly mayBeKept: () => Promise<boolean>;
};

const guardedFlow = ({ stop, ...answer }: Answered, { guard, mayBeKept }: Guarding): Answered => ({
  ...answer,
  mayBeKept,
  ...(typeof answer.body === 'object' &&
    !(answer.body instanceof Uint8Array) && {
      body: guardedStream(answer.body, guard, { dialect: 'chat', onRefused: () => stop?.() }),
    }),
});

async function guardedWhole(
  deps: InferenceDeps,
  call: InferenceCall,
  ask: Ask,
  { guarded, guard, couldCheck, mayBeKept }: Guarding,
): Promise<Answered> {
  const { policy } = guarded;
  const { report } = call;
  const statusOfInput = report.safety ?? 'safe';
  let asked = call;
  let answer = await ask(call);
  let spentMicroUsd = answer.costMicroUsd ?? 0;
  for (let retriesLeft = policy.retry_safely; ; retriesLeft--) {
    const text = String(answer.body);
    const headers = { ...answer.headers, ...costHeader(spentMicroUsd) };
    const looking = guardedAnswer(text, guard);
    const result = await (guard.moderation ? waitedFor(deps.now, report, looking) : looking);
    if (result.kind === 'cleared') return { ...answer, headers, mayBeKept, body: result.text };
    // Where this one could not be checked, another could not either.
    const safer = retriesLeft > 0 && couldCheck() ? await askedMoreSafely(deps, asked, ask) : null;
    if (!safer) {
      const message = couldCheck() ? policy.messages.blocked : unchecked;
      return { ...answer, headers, body: refusedAnswer(text, message) };
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

function guarding({ moderator }: SafetyDeps, call: InferenceCall, guarded: GuardedCall): Guarding {
  const { requestId, caller, signal, admitted } = call;
  const { policy, redactor, note, noteAtEnd } = guarded;
  const { moderation, redaction } = policy;
  const mode = moderation.output;
  // A whole answer tells by a header what was flagged.
  const holdsBack = mode === 'block' || !admitted.request.streamed;
  const question = { projectId: caller.projectId, requestId, timeoutMs: moderation.timeout_ms, signal };
  let couldCheck = true;
  let isFlagged = false;
  /** Of a policy that only flags, a stream does not wait for them. */
  const underWay: Promise<unknown>[] = [];
  const allChecked = async (): Promise<void> => {
    // One that ends may begin the next.
    for (const answer of underWay) await answer;
  };
  const checked = async (text: string) => {
    if (mode === 'off') return 'cleared';
    const input = { texts: [text], images: [] };
    const { kind, findings } = await checkTexts(moderator, moderation, mode, 'output', input, question);
    if (isUnavailable(findings)) couldCheck = false;
    if (findings.some(({ action }) => action === 'flagged')) isFlagged = true;
    // What we have given up ourselves was not unavailable.
    if (couldCheck || !signal.aborted) note(findings);
    return kind === 'passed' ? 'cleared' : 'refused';
  };
  const check = (text: string) => {
    const answer = checked(text);
    underWay.push(answer);
    return answer;
  };
  const output = redaction.output.length > 0 ? createRedactor(redaction.output) : null;
  noteAtEnd(async () => {
    await allChecked();
    return output ? redactedBy(output) : [];
  });
  return {
    guarded,
    guard: {
      moderation: mode === 'off' ? null : { check, holdsBack, windowChars: moderation.window },
      redaction: output && { kinds: redaction.output, redactor: output },
      restore: redaction.restore ? redactor : null,
    },
    couldCheck: () => couldCheck,
    mayBeKept: async () => {
      await allChecked();
      return !isFlagged;
    },
  };
}

/** What it was is nowhere any more, and so there is no text to it. */
function redactedBy(redactor: Redactor): SafetyFinding[] {
  const categories = Object.keys(redactor.counts());
  if (categories.length === 0) return [];
  return [{ guardrail: 'redaction', stage: 'output', action: 'redacted', categories, scores: {}, text: '' }];
}
