/** The request of a response in the background, put to the very pipeline that it would have gone through at once. */
import type { Prepare } from '../inference/preparation.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import { askInside, failureIn, type InsideDeps } from '../middleware/ask-inside.ts';
import type { QueueContext } from '../queues/queue-handler.ts';
import type { JsonObject } from '../stored-responses/stored-response.ts';
import type { BackgroundResponse } from './background-response.ts';
import { asPromised } from './promised.ts';
import type { ResponseFailure } from './response-objects.ts';

/** What is asked of gateways in the background; whose key it is has been found out. */
export type AskAgainDeps = InsideDeps & { readonly prepare: Prepare };

export type Asking = {
  readonly response: BackgroundResponse;
  readonly caller: ProjectCaller;
  readonly stopped: AbortSignal;
  readonly context: QueueContext;
};

export type Outcome =
  | { readonly kind: 'answered'; readonly response: JsonObject }
  | { readonly kind: 'failed'; readonly error: ResponseFailure }
  /** Nothing has come of it, and something may later. */
  | { readonly kind: 'wait'; readonly error: ResponseFailure; readonly retryAfterMs: number };

/** The id of the response is the request's. */
export async function askAgain(
  deps: AskAgainDeps,
  { response: { id, createdAtMs, request }, ...asking }: Asking,
): Promise<Outcome> {
  const prepare = asPromised(deps.prepare, { responseId: id, createdAt: Math.floor(createdAtMs / 1000) });
  const answer = await askInside({ ...deps, prepare }, { ...asking, requestId: id, body: request, on: 'background' });
  if (answer.status === 200) return { kind: 'answered', response: answer.body as JsonObject };
  const { code, message, mayPass, retryAfterMs } = failureIn(answer);
  const error = { code, message };
  return mayPass ? { kind: 'wait', error, retryAfterMs } : { kind: 'failed', error };
}
