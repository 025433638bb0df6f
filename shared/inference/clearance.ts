/** What moderation says of an input, as the one thing that the call needs to know: may it be answered? */
import { GatewayError } from '../errors.ts';
import { checkTexts, isUnavailable, type ModerationMode } from '../moderation/check.ts';
import type { ModerationInput, Moderator } from '../moderation/moderator.ts';
import type { Clearance, GuardedCall } from '../safety/guarded-call.ts';
import type { SafetyPolicy } from '../safety/policy.ts';

export type AboutClearance = {
  readonly projectId: string;
  readonly requestId: string;
  readonly policy: SafetyPolicy;
  /** Of the function's own. */
  readonly timeLeftMs: number;
  readonly note: GuardedCall['note'];
};

/** The question is on its way when this returns; null where the policy has none. */
export function askForClearance(
  moderator: Moderator,
  input: ModerationInput,
  { projectId, requestId, policy: { moderation, messages }, timeLeftMs, note }: AboutClearance,
): Clearance | null {
  const { input: mode, timeout_ms: longestMs } = moderation;
  if (mode === 'off' || input.texts.length + input.images.length === 0) return null;
  const refused = new AbortController();
  // Whoever is cut off by the function's end settles nothing. What the caller says of its patience does not count:
  // under a policy that lets through what could not be checked, it would be a way around.
  const timeoutMs = Math.min(longestMs, timeLeftMs);
  const question = { projectId, requestId, timeoutMs, signal: new AbortController().signal };

  async function ask(mode: ModerationMode): Promise<GatewayError | null> {
    const { kind, findings, why } = await checkTexts(moderator, moderation, mode, 'input', input, question);
    note(findings);
    if (kind === 'passed') return null;
    refused.abort();
    if (!isUnavailable(findings)) return new GatewayError('content_policy_violation', { message: messages.blocked });
    // Nothing that goes by: whoever runs the gateway has to know, and the caller need not try again.
    return new GatewayError(why === 'upstream_auth' ? why : 'moderation_unavailable');
  }
  return { refusal: ask(mode), refused: refused.signal };
}
