/**
 * Another question to the model within one request: it must fit the window, is let in, guarded and metered like a call of
 * its own (I1, I2, I3, I8), and begins only while the run may go on.
 */

import { createAdmitCall } from '../inference/admit-call.ts';
import { type AnswerDeps, answerTo } from '../inference/answer.ts';
import type { Answered } from '../inference/answered.ts';
import type { InferenceCall } from '../inference/attempts.ts';
import type { GuardInput } from '../inference/guard-input.ts';
import { type Prepare, withBody } from '../inference/preparation.ts';
import { joinedStatus } from '../safety/safety-status.ts';
import type { AskedBody } from './dialect.ts';

export type StepDeps = AnswerDeps & {
  readonly guardInput: GuardInput;
  readonly withinWindow: Prepare;
};

/** A question and what came of it. */
export type Step = {
  readonly call: InferenceCall;
  readonly answer: Answered;
  readonly startedAtMs: number;
  /** Puts it into the accounts, once all of its answer has been read: a run of many steps does not hold them all until its end. */
  readonly settle: () => Promise<void>;
};

/** The first question was let in before the run began. */
export async function firstStep(deps: StepDeps, call: InferenceCall): Promise<Step> {
  const { afterwards, settle } = ownAccounts(call);
  const startedAtMs = deps.now();
  const asked = { ...call, afterwards };
  return { call: asked, answer: await answerTo(deps, asked), startedAtMs, settle };
}

export async function nextStep(
  deps: StepDeps,
  call: InferenceCall,
  body: AskedBody,
  within: (prepared: InferenceCall['prepared']) => InferenceCall['prepared'],
  answerByMs: number,
): Promise<Step> {
  const { requestId, caller, headers, report } = call;
  const { afterwards, settle } = ownAccounts(call);
  const arriving = { requestId, caller, headers, report, answerByMs, afterwards };
  const prepared = within(await deps.withinWindow(arriving, withBody(call.prepared, body)));
  const { request, bodyBytes } = prepared;
  const startedAtMs = deps.now();
  const before = { safety: report.safety, attempts: report.attempts ?? 0 };
  const admitted = await createAdmitCall(deps)({ requestId, caller, headers, bodyBytes, report }, request);
  const { guarded: _, ...unguarded } = call;
  try {
    const timeLeftMs = Math.max(0, answerByMs - deps.now());
    const entered = await deps.guardInput({ requestId, caller, report, afterwards, admitted, timeLeftMs });
    const asked: InferenceCall = {
      ...unguarded,
      prepared,
      bodyBytes,
      afterwards,
      answerByMs,
      admitted,
      ...entered,
    };
    return { call: asked, answer: await answerTo(deps, asked), startedAtMs, settle };
  } finally {
    const safety = joinedStatus(before.safety, report.safety);
    if (safety !== undefined) report.safety = safety;
    report.attempts = before.attempts + (report.attempts ?? 0);
  }
}

/**
 * What a step leaves for later is done when the step is over, or at the latest when the request is: also when the step
 * has failed, and nobody has settled it.
 */
function ownAccounts({ afterwards }: InferenceCall): Pick<InferenceCall, 'afterwards'> & Pick<Step, 'settle'> {
  const pending: (() => Promise<void>)[] = [];
  const settle = async (): Promise<void> => {
    await Promise.all(pending.splice(0).map((work) => work()));
  };
  afterwards(settle);
  return { afterwards: (work) => pending.push(work), settle };
}
