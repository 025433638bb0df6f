/** `project.violation`, in the manner of the `openai` package, which has none. */
import { openContent } from './sealed-content.ts';
import type { Violation } from './violation.ts';

export const violationObject = (violation: Violation) => ({
  object: 'project.violation',
  id: violation.id,
  created_at: violation.createdAt,
  stage: violation.stage,
  guardrail: violation.guardrail,
  action: violation.action,
  categories: violation.categories,
  scores: violation.scores,
  digest: violation.digest,
  policy_version: violation.policyVersion,
  model: violation.model,
  streamed: violation.streamed,
  api_key_id: violation.apiKeyId,
  service_account_id: violation.serviceAccountId,
  request_id: violation.requestId,
  content_kept: violation.content !== undefined,
});

/** The same, with what was kept of the text; null where nothing was, or where it cannot be opened, of which `unreadable` hears. */
export function violationWithContent(
  secret: string | null,
  violation: Violation,
  unreadable: (error: unknown) => void,
) {
  const { truncated = false, sealed } = violation.content ?? {};
  const opened = (): string | null => {
    if (secret === null || sealed === undefined) return null;
    try {
      return openContent(secret, violation, sealed);
    } catch (error) {
      unreadable(error);
      return null;
    }
  };
  return { ...violationObject(violation), content: opened(), content_truncated: truncated };
}
