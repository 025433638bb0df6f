/**
 * The input of an admitted call before the guardrails. It is admitted first, since it counts as a request
 * whatever they say; nobody is asked before they have spoken, unless the policy has them speak `alongside`.
 */
import { setImmediate as immediate } from 'node:timers/promises';
import { GatewayError } from '../errors.ts';
import type { Call } from '../http/call.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { Moderator } from '../moderation/moderator.ts';
import { type SafetyFinding, unavailable } from '../safety/finding.ts';
import type { Clearance, GuardedCall } from '../safety/guarded-call.ts';
import { guardsInput, guardsOutput, moderatesInput } from '../safety/guardrails-in-use.ts';
import { inspectRequest, looksForInjection } from '../safety/inspect-request.ts';
import { joinedFindings } from '../safety/joined-findings.ts';
import { type SafetyPolicy, type SafetyWishes, safetyOf } from '../safety/policy.ts';
import { graver } from '../safety/safety-status.ts';
import { type RecordDeps, recordViolations } from '../violations/record-violations.ts';
import type { AdmittedCall } from './admit-call.ts';
import { settleWithoutAttempt } from './attempt.ts';
import type { InferenceDeps } from './attempts.ts';
import { askForClearance } from './clearance.ts';
import { waitedFor } from './waited-for.ts';

export type SafetyDeps = {
  /** What projects' own policies leave out. */
  readonly safetyDefaults: SafetyWishes;
  readonly moderator: Moderator;
  /** What they are written down with. */
  readonly recording: RecordDeps;
};

export type CallToGuard = Pick<Call, 'requestId' | 'report' | 'afterwards'> & {
  readonly caller: ProjectCaller;
  readonly admitted: AdmittedCall;
  readonly timeLeftMs: number;
};

/** Null: no guardrail has to do with the call. */
export type GuardInput = (
  call: CallToGuard,
) => Promise<{ readonly admitted: AdmittedCall; readonly guarded: GuardedCall } | null>;

export const createGuardInput =
  (deps: InferenceDeps & SafetyDeps): GuardInput =>
  async (call) => {
    const { admitted, caller, timeLeftMs } = call;
    const { request } = admitted;
    const policy = safetyOf(deps.safetyDefaults, caller.policy.safety.wishes);
    const looksAtInput = guardsInput(policy, request.kind);
    if (!looksAtInput && !guardsOutput(policy, request.kind)) return null;
    const notes = notebook(deps, call, policy);
    const { note } = notes;
    if (!looksAtInput) return { admitted, guarded: { policy, clearance: null, redactor: null, ...notes } };
    try {
      const detector = looksForInjection(request.kind, policy)
        ? await import('../injection/injection-detector.ts')
        : null;
      const inspected = inspectRequest(request.kind, request.body, policy, detector);
      note(inspected.findings);
      if (inspected.refusedFor) throw new GatewayError(inspected.refusedFor);
      note(refuseUnreadable(policy, inspected.unreadable));
      const about = { projectId: caller.projectId, requestId: call.requestId, policy, timeLeftMs, note };
      const asked = moderatesInput(policy, request.kind)
        ? askForClearance(deps.moderator, inspected.toModerate, about)
        : null;
      const alongside = asked && policy.moderation.alongside ? await unlessRemembered(asked) : null;
      if (asked && !alongside) {
        const refusal = await waitedFor(deps.now, call.report, 'moderation', asked.refusal);
        if (refusal) throw refusal;
      }
      return {
        admitted: { ...admitted, request: { ...request, body: inspected.body } },
        guarded: {
          policy,
          clearance: alongside,
          redactor: inspected.redactor,
          ...notes,
        },
      };
    } catch (thrown) {
      call.report.safety = 'blocked';
      call.report.attempts = 0;
      settleWithoutAttempt(deps, call, 'blocked');
      throw thrown;
    }
  };

/**
 * Null where the verdict is there by the next turn of the event loop, which is where it was remembered: nobody need be
 * asked what will not be answered.
 */
const unlessRemembered = (clearance: Clearance): Promise<Clearance | null> =>
  Promise.race([clearance.refusal.then(() => null), immediate(clearance)]);

/** Written down once the answer is out: what its end has still found is in it. */
function notebook(
  deps: SafetyDeps,
  { requestId, report, afterwards, caller, admitted }: CallToGuard,
  policy: SafetyPolicy,
): Pick<GuardedCall, 'note' | 'noteAtEnd'> {
  const found: SafetyFinding[] = [];
  const atEnd: (() => Promise<readonly SafetyFinding[]>)[] = [];
  report.safety = 'safe';
  afterwards(async () => {
    const late = await Promise.all(atEnd.map((find) => find()));
    const all = joinedFindings([...found, ...late.flat()]);
    const { projectId, apiKeyId, serviceAccountId, policy: held } = caller;
    await recordViolations(deps.recording, all, {
      projectId,
      apiKeyId,
      serviceAccountId,
      requestId,
      policyVersion: held.safety.version,
      model: admitted.request.body.model,
      streamed: admitted.request.streamed,
      logContent: policy.log_content,
      contentSecret: held.contentSecret,
    });
  });
  return {
    note: (findings) => {
      found.push(...findings);
      const verdicts = findings.map(({ guardrail, stage, action }) => ({ guardrail, stage, action }));
      report.trail?.debug?.('guardrails have found', { verdicts });
      report.safety = graver(report.safety ?? 'safe', findings);
    },
    noteAtEnd: (find) => atEnd.push(find),
  };
}

/** What no guardrail can read is what it could not check: the policy says whether that is let through. */
function refuseUnreadable({ moderation, injection }: SafetyPolicy, unreadable: readonly string[]): SafetyFinding[] {
  const [first] = unreadable;
  if (first === undefined) return [];
  const isStrict = moderation.input === 'block' || injection.mode === 'block';
  if (isStrict && moderation.on_unavailable === 'block') {
    throw new GatewayError('content_policy_violation', {
      message: `The project's content policy lets only through what can be checked, and ${first} cannot be read. Send it as text.`,
      param: first,
    });
  }
  const guardrail = moderation.input === 'off' ? 'injection' : 'moderation';
  return [{ guardrail, stage: 'input', action: 'flagged', categories: [unavailable], scores: {}, text: '' }];
}
