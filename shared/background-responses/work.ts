/** What a worker makes of one message: docs/adr/0068. */
import { GatewayError } from '../errors.ts';
import type { CallerNow } from '../keys/caller-of-key.ts';
import type { Queue } from '../queues/queue.ts';
import type { Delivery, QueueContext } from '../queues/queue-handler.ts';
import {
  type JsonObject,
  type ResponseStatus,
  responseStatusSchema,
  type StoredResponse,
  unfinishedStatuses,
} from '../stored-responses/stored-response.ts';
import type { StoredResponseStore } from '../stored-responses/stored-response-store.ts';
import { type AskAgainDeps, askAgain, type Outcome } from './ask-again.ts';
import {
  type BackgroundMessage,
  type BackgroundResponse,
  failsFromDelivery,
  leaseMs,
  nextTrySeconds,
} from './background-response.ts';
import type { BackgroundResponseStore } from './background-response-store.ts';
import { failedResponse, failureOf, type ResponseFailure } from './response-objects.ts';
import { type WatchDeps, watch } from './watch.ts';

export type WorkDeps = AskAgainDeps &
  WatchDeps & {
    readonly background: BackgroundResponseStore;
    readonly responses: Pick<StoredResponseStore, 'get' | 'replace'>;
    readonly queue: Queue;
    readonly callerNow: CallerNow;
    readonly newId: (prefix: string) => string;
  };

export type Work = (delivery: Delivery<BackgroundMessage>, context: QueueContext) => Promise<void>;

export const createWork =
  (deps: WorkDeps): Work =>
  async ({ message, receives }, context) => {
    const { background, responses, queue, now } = deps;
    const key = { projectId: message.projectId, id: message.responseId };
    const workerId = deps.newId('worker_');
    const claimed = await background.claim(key, { workerId, untilMs: now() + leaseMs }, now());
    if (claimed.kind === 'gone') return;
    // It may be the other that dies: somebody has to look again, by when that is known.
    if (claimed.kind === 'held') return queue.send(message, Math.max(1, (claimed.untilMs - now()) / 1000));
    const stored = await responses.get(key.projectId, key.id);
    if (!stored || !isUnfinished(stored)) return background.remove(key);
    const end = async (status: ResponseStatus, response: JsonObject): Promise<void> => {
      // False where it was cancelled or deleted, or was written down together with its items.
      await responses.replace({ ...stored, status, response }, unfinishedStatuses);
      await background.remove(key);
    };
    const fail = (error: ResponseFailure) => end('failed', failedResponse(stored.response, error));
    if (receives >= failsFromDelivery) return fail(interrupted);
    const outcome = await made(deps, claimed.response, stored, workerId, context);
    switch (outcome.kind) {
      case 'stopped':
        return;
      case 'answered': {
        const { response } = outcome;
        const status = responseStatusSchema.safeParse(response['status']).data ?? 'completed';
        return end(status, { ...response, id: key.id, background: true, created_at: stored.response['created_at'] });
      }
      case 'failed':
        return fail(outcome.error);
      case 'wait': {
        const seconds = nextTrySeconds(claimed.response, outcome.retryAfterMs, now());
        if (seconds === null) return fail(outcome.error);
        await responses.replace(inStatus(stored, 'queued'), unfinishedStatuses);
        await background.release(key, workerId);
        return queue.send(message, seconds);
      }
    }
  };

const interrupted: ResponseFailure = {
  code: 'server_error',
  message: 'The response was interrupted each time that it was tried. Ask for it again.',
};

const isUnfinished = ({ status }: StoredResponse): boolean => unfinishedStatuses.includes(status);

const inStatus = (stored: StoredResponse, status: ResponseStatus): StoredResponse => ({
  ...stored,
  status,
  response: { ...stored.response, status },
});

async function made(
  deps: WorkDeps,
  response: BackgroundResponse,
  stored: StoredResponse,
  workerId: string,
  context: QueueContext,
): Promise<Outcome | { readonly kind: 'stopped' }> {
  const { responses, callerNow } = deps;
  const caller = await callerNow(response.projectId, response.apiKeyId);
  if (!caller) return { kind: 'failed', error: failureOf(new GatewayError('invalid_api_key', { message: keyIsGone })) };
  if (!(await responses.replace(inStatus(stored, 'in_progress'), unfinishedStatuses))) {
    await deps.background.remove(response);
    return { kind: 'stopped' };
  }
  const { stopped, end } = watch(deps, response, workerId);
  try {
    const outcome = await askAgain(deps, { response, caller, stopped, context });
    return stopped.aborted ? { kind: 'stopped' } : outcome;
  } finally {
    end();
  }
}

const keyIsGone = 'The API key that asked for this response is no longer valid.';
