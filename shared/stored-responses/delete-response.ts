/** A response is deleted; what it has said goes with it, unless others have gone on from there. */

import { isThread } from '../conversations/conversation.ts';
import type { ErasureStore } from '../conversations/erasure-store.ts';
import type { StoredResponseStore } from './stored-response-store.ts';

export type DeleteResponseDeps = {
  readonly responses: StoredResponseStore;
  readonly erasure: Pick<ErasureStore, 'release' | 'erase'>;
};

/** False where there is none. Store down: 503 (I12). Killed on its way, a thread stays until its time is over. */
export async function deleteResponse(
  { responses, erasure }: DeleteResponseDeps,
  projectId: string,
  id: string,
  enough: () => boolean,
): Promise<boolean> {
  const held = (await responses.get(projectId, id))?.items;
  // Of two who delete it, one has.
  if (!(await responses.delete(projectId, id))) return false;
  if (!held || !isThread(held.in)) return true;
  const thread = { projectId, id: held.in };
  await erasure.release(thread);
  // Where it is still needed, this does nothing. What it leaves, the sweep finds.
  await erasure.erase(thread, enough).catch(() => {});
  return true;
}
