/** How the answer of one call is guarded: what it is checked with, and what is known of it once that is done. */
import { checkTexts, isUnavailable } from '../moderation/check.ts';
import { createRedactor, type Redactor } from '../redaction/redactor.ts';
import type { SafetyFinding } from '../safety/finding.ts';
import type { GuardedCall } from '../safety/guarded-call.ts';
import type { OutputCheck, OutputGuard } from '../safety/output-guard.ts';
import type { InferenceCall } from './attempts.ts';
import type { SafetyDeps } from './guard-input.ts';

export type Guarding = {
  readonly guarded: GuardedCall;
  readonly guard: OutputGuard;
  readonly couldCheck: () => boolean;
  /** Of an answer that was let through as it was found, each caller is to be told anew. */
  readonly mayBeKept: () => Promise<boolean>;
};

export function guarding(deps: SafetyDeps, call: InferenceCall, guarded: GuardedCall): Guarding {
  const { policy, redactor, noteAtEnd } = guarded;
  const { moderation, redaction } = policy;
  const checks = outputChecks(deps, call, guarded);
  const output = redaction.output.length > 0 ? createRedactor(redaction.output) : null;
  noteAtEnd(async () => {
    await checks.ended();
    return output ? redactedBy(output) : [];
  });
  // A whole answer tells by a header what was flagged.
  const holdsBack = moderation.output === 'block' || !call.admitted.request.streamed;
  return {
    guarded,
    guard: {
      moderation: checks.check && { check: checks.check, holdsBack, windowChars: moderation.window },
      redaction: output && { kinds: redaction.output, redactor: output },
      restore: redaction.restore ? redactor : null,
    },
    couldCheck: checks.couldCheck,
    mayBeKept: async () => {
      await checks.ended();
      return !checks.isFlagged();
    },
  };
}

type OutputChecks = {
  /** Null where the policy has none. */
  readonly check: OutputCheck | null;
  /** Of a policy that only flags, a stream does not wait for them. */
  readonly ended: () => Promise<void>;
  readonly couldCheck: () => boolean;
  readonly isFlagged: () => boolean;
};

function outputChecks({ moderator }: SafetyDeps, call: InferenceCall, { policy, note }: GuardedCall): OutputChecks {
  const { requestId, caller, signal } = call;
  const { moderation } = policy;
  const mode = moderation.output;
  const question = { projectId: caller.projectId, requestId, timeoutMs: moderation.timeout_ms, signal };
  const underWay: Promise<unknown>[] = [];
  let couldCheck = true;
  let isFlagged = false;

  async function checked(text: string, how: 'flag' | 'block'): Promise<'cleared' | 'refused'> {
    const input = { texts: [text], images: [] };
    const { kind, findings } = await checkTexts(moderator, moderation, how, 'output', input, question);
    if (isUnavailable(findings)) couldCheck = false;
    if (findings.some(({ action }) => action === 'flagged')) isFlagged = true;
    // What we have given up ourselves was not unavailable.
    if (couldCheck || !signal.aborted) note(findings);
    return kind === 'passed' ? 'cleared' : 'refused';
  }

  const check: OutputCheck | null =
    mode === 'off'
      ? null
      : (text) => {
          const answer = checked(text, mode);
          underWay.push(answer);
          return answer;
        };
  return {
    check,
    ended: async () => {
      // One that ends may begin the next.
      for (const answer of underWay) await answer;
    },
    couldCheck: () => couldCheck,
    isFlagged: () => isFlagged,
  };
}

/** What it was is nowhere any more, and so there is no text to it. */
function redactedBy(redactor: Redactor): SafetyFinding[] {
  const categories = Object.keys(redactor.counts());
  if (categories.length === 0) return [];
  return [{ guardrail: 'redaction', stage: 'output', action: 'redacted', categories, scores: {}, text: '' }];
}
