/** What the routes of stored responses have in common: the response that is meant, and what becomes of it. */
import type { BackgroundResponseStore } from '../background-responses/background-response-store.ts';
import { GatewayError } from '../errors.ts';
import type { Call } from '../http/call.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import { type ResponseStatus, type StoredResponse, unfinishedStatuses } from './stored-response.ts';
import type { StoredResponseStore } from './stored-response-store.ts';

type ProjectCall = Pick<Call<unknown, ProjectCaller>, 'caller' | 'params'>;

/** In OpenAI's words. */
export const noSuchResponse = (id: string): GatewayError =>
  new GatewayError('not_found', { message: `Response with id '${id}' not found.` });

export const notReplayable = (status: ResponseStatus): GatewayError =>
  new GatewayError('invalid_request', {
    message: `The response is ${status}: there are events of responses that have ended only. Ask for it without 'stream'.`,
    param: 'stream',
  });

/** Another project's is as good as none (I5). */
export async function existingResponse(
  { responses }: { readonly responses: Pick<StoredResponseStore, 'get'> },
  { caller, params }: ProjectCall,
): Promise<StoredResponse> {
  const id = params['response_id'] ?? '';
  const found = await responses.get(caller.projectId, id);
  if (!found) throw noSuchResponse(id);
  return found;
}

export type CancelDeps = {
  readonly responses: Pick<StoredResponseStore, 'get' | 'replace'>;
  readonly background: Pick<BackgroundResponseStore, 'remove'>;
};

/** One that has ended stays as it is: of its end and its cancellation one comes first. */
export async function cancelled({ responses, background }: CancelDeps, call: ProjectCall): Promise<StoredResponse> {
  const found = await existingResponse({ responses }, call);
  if (found.response['background'] !== true) {
    throw new GatewayError('invalid_request', {
      message: 'Only responses that were created with background=true can be cancelled.',
      param: 'response_id',
    });
  }
  if (!unfinishedStatuses.includes(found.status)) return found;
  const response = { ...found.response, status: 'cancelled' };
  const isFirst = await responses.replace({ ...found, status: 'cancelled', response }, unfinishedStatuses);
  // Its worker looks for it every second. Without that it would go on for nothing, and change nothing.
  await background.remove(found);
  return isFirst ? { ...found, status: 'cancelled', response } : existingResponse({ responses }, call);
}
