/**
 * Tells the queue of one call, and puts what was said in it into the inbox. It is loaded by the first call that is logged: it lies
 * beside the function's code, with a copy of all that it needs (infra/build/lazy-modules.ts).
 */
import { inboxKey, logIdPrefix, logLineOf, type RequestLogMessage } from './log-line.ts';
import { loggedContent } from './logged-content.ts';
import type { CallToLog, RequestLoggerDeps } from './request-logger.ts';
import { sealRecord } from './sealed-record.ts';

export async function logCall(deps: RequestLoggerDeps, call: CallToLog): Promise<void> {
  const { record, caller, policy } = call;
  const id = deps.newId(logIdPrefix);
  const message: RequestLogMessage = {
    projectId: caller.projectId,
    id,
    receivedAtMs: String(record.receivedAtMs),
    retentionDays: String(policy.retentionDays),
    line: JSON.stringify(logLineOf(id, record)),
    content: policy.mode === 'content' ? await kept(deps, id, call) : 'none',
  };
  await deps.queue.send(message);
}

/** The content into the inbox. What cannot be kept of it does not keep the rest of the line away. */
async function kept(
  { hasContentKey, inbox, log, countEvent, newNonce }: RequestLoggerDeps,
  id: string,
  { record: { requestId }, caller, policy, request, answer }: CallToLog,
): Promise<RequestLogMessage['content']> {
  const { projectId } = caller;
  const { contentSecret } = caller.policy;
  if (!hasContentKey) return 'no_key';
  if (contentSecret === null) return 'no_secret';
  try {
    const text = loggedContent({ request, answer, include: policy.include });
    await inbox.put(inboxKey({ projectId, id }), sealRecord(contentSecret, { projectId, id }, text, newNonce()));
    return 'sealed';
  } catch (error) {
    log.error('content not logged', { requestId, projectId, error });
    countEvent('RequestLogLost');
    return 'not_kept';
  }
}
