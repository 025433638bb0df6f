/** Takes a response in that is to be made in the background: it is written down, and then a worker is told. */
import type { Catalogue } from '../catalogue/catalogue.ts';
import { GatewayError } from '../errors.ts';
import type { Preparation } from '../inference/preparation.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import { mayUse } from '../limits/model-permissions.ts';
import type { Log } from '../observability/log.ts';
import type { Queue } from '../queues/queue.ts';
import type { JsonObject } from '../stored-responses/stored-response.ts';
import type { StoredResponseStore } from '../stored-responses/stored-response-store.ts';
import type { BackgroundMessage } from './background-response.ts';
import type { BackgroundResponseStore } from './background-response-store.ts';
import { queuedResponse } from './response-objects.ts';

export type TakeInDeps = {
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly background: Pick<BackgroundResponseStore, 'create' | 'remove'>;
  readonly responses: Pick<StoredResponseStore, 'put' | 'delete'>;
  readonly queue: Queue;
  /** Days for which responses are kept. */
  readonly expireDays: number;
  readonly log: Log;
  readonly now: () => number;
};

export type ToTakeIn = {
  readonly requestId: string;
  readonly caller: ProjectCaller;
  /** As it came. */
  readonly body: JsonObject;
  readonly prepared: Preparation;
};

/** The response as it is now, which is `queued`. Nothing of its limits or its budget is held until it is made. */
export type TakeIn = (call: ToTakeIn) => Promise<JsonObject>;

export const createTakeIn =
  (deps: TakeInDeps): TakeIn =>
  async ({ requestId, caller, body, prepared: { request, history } }) => {
    const { catalogue, background, responses, queue, log, now } = deps;
    const { model } = request.body;
    catalogue.find(model);
    if (!mayUse(caller.policy.modelPermissions, model)) throw new GatewayError('model_not_allowed', { param: 'model' });
    if (!history?.stored) {
      throw new GatewayError('invalid_request', {
        message: "A response in the background must be stored: leave 'store' out, or set it to true.",
        param: 'store',
      });
    }
    const nowMs = now();
    const createdAt = Math.floor(nowMs / 1000);
    const { projectId, apiKeyId } = caller;
    const id = history.responseId;
    const response = queuedResponse(body, history, createdAt);
    const expiresAt = createdAt + deps.expireDays * 86_400;
    await background.create({
      projectId,
      id,
      apiKeyId,
      request: JSON.stringify(body),
      createdAtMs: nowMs,
      waits: 0,
    });
    try {
      await responses.put({ projectId, id, status: 'queued', response, items: null, expiresAt });
      await queue.send({ projectId, responseId: id } satisfies BackgroundMessage);
    } catch (thrown) {
      // Its caller is told that there is none. Taken all the same, its message would find nothing to make.
      await Promise.all([background.remove({ projectId, id }), responses.delete(projectId, id)]).catch(
        (error: unknown) => log.warn('response not taken back', { requestId, error }),
      );
      throw thrown;
    }
    return response;
  };
